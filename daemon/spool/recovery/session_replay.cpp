#include "daemon/spool/recovery/session_replay.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/spool/lines/line_scanner.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::spool {
namespace {

constexpr std::int64_t kMarginUs = 60'000'000;  // for a clock that was set back

// Looks at the list: opening the directory would make it.
bool is_there(Directory& spool_directory) {
  const auto entries = spool_directory.list();
  return entries && std::any_of(entries->begin(), entries->end(), [](const DirectoryEntry& entry) {
           return entry.name == kRejectedName && entry.kind == EntryKind::kDirectory;
         });
}

// Lists the newest file first.
std::vector<std::string> files_of(Directory& rejected) {
  std::vector<std::string> names;
  const auto entries = rejected.list();
  if (!entries) return names;
  for (const DirectoryEntry& entry : *entries)
    if (entry.kind == EntryKind::kFile && parse_position_digits(entry.name.substr(0, kPositionDigits)))
      names.push_back(entry.name);
  std::sort(names.rbegin(), names.rend());
  return names;
}

}  // namespace

void SessionReplay::add(const SoundLine& line) {
  ++lines;
  if (const auto ts = envelope_member(line.envelope, "ts")) newest_us = base::parse_timestamp(*ts).value_or(newest_us);
  if (const auto mark = envelope_mark(line.envelope))
    sessions.advance(mark->session, mark->owner, mark->last_seq, newest_us);
}

void RejectReplay::read(Directory& spool_directory, std::int64_t since_us, const SessionTable& sessions) {
  if (!is_there(spool_directory)) return;
  const auto rejected = spool_directory.open_directory(std::string(kRejectedName));
  if (!rejected) return;
  for (const std::string& name : files_of(**rejected)) {
    const auto file = (*rejected)->open(name, OpenMode::kRead);
    if (file && !read_file(**file, since_us - kMarginUs, sessions)) break;
  }
}

// Returns false where the file begins before `since_us`: what is older need not be read.
bool RejectReplay::read_file(File& file, std::int64_t since_us, const SessionTable& sessions) {
  // What a crash of the daemon left unsynced must not count as acknowledged.
  if (!file.sync_data()) return true;
  LineScanner scanner(file);
  bool is_new = true;
  bool is_first = true;
  for (auto line = scanner.next(); line && *line && (*line)->is_whole; line = scanner.next()) {
    if (!has_sound_trailer((*line)->bytes)) continue;
    const auto ts = envelope_member((*line)->bytes, "ts");
    const std::int64_t when_us = ts ? base::parse_timestamp(*ts).value_or(0) : 0;
    if (std::exchange(is_first, false)) is_new = when_us >= since_us;
    note((*line)->bytes, when_us, sessions);
  }
  return is_new;
}

void RejectReplay::note(std::string_view line, std::int64_t when_us, const SessionTable& sessions) {
  const auto mark = envelope_mark(line);
  if (!mark) return;
  const SessionState* const state = sessions.find(mark->session);
  if (state != nullptr && mark->last_seq <= state->last_seq) return;
  Rejects& rejects = rejects_[mark->session];
  rejects.seqs.insert(mark->last_seq);
  rejects.newest_us = std::max(rejects.newest_us, when_us);
  rejects.owner = mark->owner;
}

void RejectReplay::apply(SessionTable& sessions) const {
  for (const auto& [key, rejects] : rejects_) {
    const SessionState* const state = sessions.find(key);
    std::uint64_t last_seq = state != nullptr ? state->last_seq : 0;
    std::uint64_t count = 0;
    for (const std::uint64_t seq : rejects.seqs) {
      if (seq > last_seq + 1) break;
      last_seq = std::max(last_seq, seq);
      ++count;
    }
    if (count > 0) sessions.advance(key, rejects.owner, last_seq, rejects.newest_us, count);
  }
}

}  // namespace crawlspool::spool
