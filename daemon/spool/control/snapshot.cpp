#include "daemon/spool/control/snapshot.h"

#include <utility>

#include "daemon/base/clock.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/line_scanner.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::Result;

std::optional<std::int64_t> time_member(std::string_view line, std::string_view key) {
  const auto text = envelope_member(line, key);
  return text ? base::parse_timestamp(*text) : std::nullopt;
}

std::string head_line(const Snapshot& snapshot, const std::string& spool_id) {
  std::string line = "{\"position\":" + std::to_string(snapshot.position) + ",\"spool\":\"" + spool_id +
                     "\",\"created\":\"" + base::format_timestamp(snapshot.created_us) +
                     "\",\"sessions\":" + std::to_string(snapshot.sessions.size());
  append_crc_trailer(line, 0);
  return line;
}

void append_session_line(std::string& out, SessionKey key, const SessionState& state) {
  const std::size_t start = out.size();
  out += "{\"session\":\"" + session_digits(key) + "\"";
  if (!state.owner.client.empty()) out += ",\"client\":\"" + state.owner.client + "\"";
  if (!state.owner.user.empty()) out += ",\"user\":\"" + state.owner.user + "\"";
  out += ",\"last_seq\":" + std::to_string(state.last_seq);
  if (state.rejected != 0) out += ",\"rejected\":" + std::to_string(state.rejected);
  out += ",\"used\":\"" + base::format_timestamp(state.last_used_us) + "\"";
  append_crc_trailer(out, start);
}

// Reads the lines of a snapshot's file; nothing at the end and from the first one on that is not sound.
class SnapshotLines {
 public:
  explicit SnapshotLines(ByteSource& source) : scanner_(source) {}
  Result<std::optional<std::string_view>> next() {
    CRAWLSPOOL_TRY_AS(const auto line, scanner_.next());
    if (!line || !line->is_whole || !has_sound_trailer(line->bytes)) return std::nullopt;
    return line->bytes;
  }

 private:
  LineScanner scanner_;
};

bool add_session(SessionTable& sessions, std::string_view line) {
  const auto digits = envelope_member(line, "session");
  const auto key = digits ? parse_session_digits(*digits) : std::nullopt;
  const auto last_seq = envelope_number(line, "last_seq");
  const auto used_us = time_member(line, "used");
  if (!key || !last_seq || !used_us) return false;
  sessions.advance(*key, envelope_owner(line), *last_seq, *used_us, envelope_number(line, "rejected").value_or(0));
  return true;
}

// The whole file has to be sound: half of the sessions would be worse than none.
Result<Snapshot> read_snapshot(File& file, const std::string& spool_id) {
  const auto damaged = [] { return base::fail(ErrorCode::kDamaged, "checksum mismatch"); };
  SnapshotLines lines(file);
  CRAWLSPOOL_TRY_AS(const auto head, lines.next());
  if (!head) return damaged();
  if (envelope_member(*head, "spool") != spool_id) return base::fail(ErrorCode::kDamaged, "is of another spool");
  const auto position = envelope_number(*head, "position");
  const auto created_us = time_member(*head, "created");
  const auto count = envelope_number(*head, "sessions");
  if (!position || !created_us || !count) return damaged();
  Snapshot snapshot{*position, *created_us, {}};
  for (std::uint64_t i = 0; i < *count; ++i) {
    CRAWLSPOOL_TRY_AS(const auto line, lines.next());
    if (!line || !add_session(snapshot.sessions, *line)) return damaged();
  }
  return snapshot;
}

}  // namespace

SnapshotSearch find_snapshot(Directory& directory, const std::string& spool_id) {
  SnapshotSearch search;
  const auto look_at = [&](std::string_view name, std::optional<Position>& place) {
    auto file = directory.open(std::string(name), OpenMode::kRead);
    if (!file && file.error().code == base::ErrorCode::kNotFound) return;
    auto snapshot = file.and_then([&](const auto& opened) { return read_snapshot(*opened, spool_id); });
    if (!snapshot && snapshot.error().code == base::ErrorCode::kIo) search.failed = snapshot.error();
    if (!snapshot) search.unusable.push_back({std::string(name), snapshot.error().message()});
    if (!snapshot) return;
    place = snapshot->position;
    if (!search.newest || *place > search.newest->position) search.newest = std::move(*snapshot);
  };
  look_at(kSnapshotName, search.places.current);
  look_at(kPreviousSnapshotName, search.places.previous);
  return search;
}

Result<void> SnapshotWriter::write(const Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  if (snapshot.position == 0 || (places_.current && snapshot.position < *places_.current)) return {};
  const std::string name(kSnapshotName);
  const std::string beside = name + std::string(kTemporarySuffix);
  std::string content = head_line(snapshot, spool_id_);
  for (const auto& [key, state] : snapshot.sessions) append_session_line(content, key, state);
  if (auto written = write_new_file(directory_, beside, content); !written) return written;
  // A damaged one must not take the place of a sound one.
  if (places_.current) {
    const auto kept = directory_.rename(name, std::string(kPreviousSnapshotName));
    if (!kept && kept.error().code != ErrorCode::kNotFound) return kept;
    if (kept) places_.previous = places_.current;
    places_.current.reset();
  }
  const auto renamed = directory_.rename(beside, name).and_then([&] { return directory_.sync(); });
  if (renamed) places_.current = snapshot.position;
  return renamed;
}

bool SnapshotWriter::is_wanted(Position position) const {
  const std::lock_guard lock(mutex_);
  return position != 0 && (places_.current != position || places_.previous != position);
}

Position SnapshotWriter::needed_from() const {
  const std::lock_guard lock(mutex_);
  return places_.current ? places_.previous.value_or(0) : 0;
}

}  // namespace crawlspool::spool
