#include "daemon/spool/recovery/recovery.h"

#include <algorithm>

#include "daemon/spool/control/durable_mark.h"
#include "daemon/spool/read/segment_list.h"
#include "daemon/spool/read/segment_reader.h"
#include "daemon/spool/recovery/session_replay.h"

namespace crawlspool::spool {
namespace {

using base::Result;

// Adds a file to those that the report names; whoever looked before may have added it already.
void report_skipped(RecoveryReport& report, UnusableFile file) {
  const bool is_known = std::any_of(report.skipped.begin(), report.skipped.end(),
                                    [&](const UnusableFile& known) { return known.name == file.name; });
  if (!is_known) report.skipped.push_back(std::move(file));
}

// Puts what the reader could not have into the report.
class ReportedLosses final : public LossReporter {
 public:
  explicit ReportedLosses(RecoveryReport& report) : report_(report) {}
  void missing(Position position, std::uint64_t bytes) override { report_.missing.push_back({position, bytes}); }
  void doubled(Position, std::uint64_t) override {}     // since nothing is lost by it
  void taken_back(Position, std::uint64_t) override {}  // since nobody writes
  void skipped(const std::string& file, const base::Error& why) override {
    if (why.code == base::ErrorCode::kIo) failed_ = why;
    report_skipped(report_, {file, why.message()});
  }
  // Is set where lines could not be read that may be readable tomorrow: without them the sessions' numbers would be too
  // low.
  [[nodiscard]] const std::optional<base::Error>& failed() const { return failed_; }

 private:
  RecoveryReport& report_;
  std::optional<base::Error> failed_;
};

// One start's recovery. The functions are the steps of FORMAT.md, "Recovery", and carry their numbers; 4 to 7 are in
// segment_recovery.cpp.
class SpoolRecovery {
 public:
  SpoolRecovery(Directory& directory, const std::string& spool_id) : directory_(directory), spool_id_(spool_id) {}

  Result<Recovered> run() {
    CRAWLSPOOL_TRY(take_stock());
    CRAWLSPOOL_TRY(find_snapshot());
    CRAWLSPOOL_TRY(find_sealed_end());
    CRAWLSPOOL_TRY(read_sealed());
    CRAWLSPOOL_TRY(active_ ? recover_active() : report_missing());
    CRAWLSPOOL_TRY(go_on_at_snapshot());
    out_.report.lines = replay_.lines;
    out_.report.newest_us = replay_.newest_us;
    rejects_.apply(replay_.sessions);
    out_.sessions = std::move(replay_.sessions);
    return std::move(out_);
  }

 private:
  [[nodiscard]] RecoveryReport& report() { return out_.report; }
  [[nodiscard]] Position snapshot() const { return out_.report.read_from; }  // S

  Result<void> take_stock();
  Result<void> seal(const SegmentName& segment);
  Result<void> find_snapshot();
  Result<void> find_sealed_end();
  Result<void> read_sealed();
  Result<void> recover_active();
  Result<void> report_missing();
  Result<void> go_on_at_snapshot();
  Result<std::optional<Position>> read_durable_position();

  Directory& directory_;
  const std::string& spool_id_;
  std::optional<SegmentName> active_;
  Position sealed_end_ = 0;
  SessionReplay replay_;
  RejectReplay rejects_;
  Recovered out_;
};

// 1. What a crash left half made goes. A crash between the making of a segment and the sealing of the one before leaves
// both active: all but the last are sealed.
Result<void> SpoolRecovery::take_stock() {
  CRAWLSPOOL_TRY_AS(auto inventory, take_inventory(directory_));
  active_ = inventory.active;
  report().skipped = std::move(inventory.skipped);
  out_.sealed = std::move(inventory.sealed);
  if (inventory.unsealed.empty()) return {};
  for (const SegmentName& segment : inventory.unsealed) CRAWLSPOOL_TRY(seal(segment));
  std::sort(out_.sealed.begin(), out_.sealed.end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  return directory_.sync();
}

Result<void> SpoolRecovery::seal(const SegmentName& segment) {
  const SegmentName sealed{segment.position, SegmentKind::kSealed};
  CRAWLSPOOL_TRY_AS(auto file, directory_.open(segment_file_name(segment), OpenMode::kWrite));
  CRAWLSPOOL_TRY(file->sync_data());
  CRAWLSPOOL_TRY(directory_.rename(segment_file_name(segment), segment_file_name(sealed)));
  out_.sealed.push_back(sealed);
  return {};
}

// 2. Reading begins at the newer sound snapshot's position. The rejects since then are read too: they have no lines.
Result<void> SpoolRecovery::find_snapshot() {
  SnapshotSearch search = spool::find_snapshot(directory_, spool_id_);
  if (search.failed) return tl::unexpected(*search.failed);
  if (search.newest) {
    report().read_from = search.newest->position;
    replay_.newest_us = search.newest->created_us;
    replay_.sessions = std::move(search.newest->sessions);
  }
  out_.snapshots = search.places;
  for (UnusableFile& file : search.unusable) report_skipped(report(), std::move(file));
  rejects_.read(directory_, replay_.newest_us, replay_.sessions);
  return {};
}

// 9. Without an active segment the next one begins where the last one ends.
Result<void> SpoolRecovery::find_sealed_end() {
  if (active_) {
    sealed_end_ = active_->position;
    return {};
  }
  if (out_.sealed.empty()) return {};
  const SegmentName& last = out_.sealed.back();
  CRAWLSPOOL_TRY_AS(const auto source, open_segment_source(directory_, {last, segment_file_name(last)}));
  CRAWLSPOOL_TRY_AS(const auto bytes, source->size());
  sealed_end_ = last.position + bytes;
  report().begin = report().end = report().known_synced = sealed_end_;
  return {};
}

// 3. The lines of sealed segments behind the snapshot: all of them were synced, so what is not sound is damage.
Result<void> SpoolRecovery::read_sealed() {
  if (snapshot() >= sealed_end_) return {};
  ReportedLosses losses(report());
  SegmentReader reader(directory_, losses, snapshot());
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto line, reader.next());
    if (losses.failed()) return tl::unexpected(*losses.failed());
    if (!line || line->position >= sealed_end_) return {};
    if (line->kind == LineKind::kSound)
      replay_.add(*check_line(line->bytes));
    else if (line->kind == LineKind::kDamaged)
      add_range(report().damaged, {line->position, line->bytes.size()});
  }
}

// 4 to 7. Recovers the active segment.
Result<void> SpoolRecovery::recover_active() {
  CRAWLSPOOL_TRY_AS(auto file, directory_.open(segment_file_name(*active_), OpenMode::kWrite));
  CRAWLSPOOL_TRY_AS(const auto durable, read_durable_position());
  const SegmentPlace place{active_->position, std::max(snapshot(), active_->position), durable};
  CRAWLSPOOL_TRY_AS(const auto segment, recover_segment(directory_, *file, place, replay_));
  report().begin = active_->position;
  report().end = segment.end;
  report().known_synced = segment.known_synced;
  for (const ByteRange& range : segment.damaged) add_range(report().damaged, range);
  if (segment.missing) report().missing.push_back(*segment.missing);
  report().cut = segment.cut;
  report().cut_was_kept = segment.cut_was_kept;
  out_.active = std::move(file);
  return {};
}

// 8. Without an active segment reports what was promised and is in no segment.
Result<void> SpoolRecovery::report_missing() {
  CRAWLSPOOL_TRY_AS(const auto durable, read_durable_position());
  const Position promised = std::max(snapshot(), durable.value_or(0));
  if (promised > report().end) report().missing.push_back({report().end, promised - report().end});
  return {};
}

// 8. Where the snapshot proves that there was more than the segments have, the next segment begins at its position: a
// position that named a record never names another.
Result<void> SpoolRecovery::go_on_at_snapshot() {
  if (report().end >= snapshot()) return {};
  const SegmentName active{report().begin, SegmentKind::kOpen};
  const SegmentName sealed{report().begin, SegmentKind::kSealed};
  if (out_.active && report().end == report().begin) {
    CRAWLSPOOL_TRY(directory_.remove(segment_file_name(active)));
  } else if (out_.active) {
    CRAWLSPOOL_TRY(directory_.rename(segment_file_name(active), segment_file_name(sealed)));
    out_.sealed.push_back(sealed);
  }
  out_.active.reset();
  report().begin = report().end = report().known_synced = snapshot();
  return directory_.sync();
}

// Returns what the durable file says. One that cannot be read now may be readable tomorrow, so that is an error.
Result<std::optional<Position>> SpoolRecovery::read_durable_position() {
  const auto text = read_durable_text(directory_);
  if (!text && text.error().code == base::ErrorCode::kIo) return tl::unexpected(text.error());
  return text ? parse_position_digits(*text) : std::nullopt;
}

}  // namespace

Result<Recovered> recover(Directory& directory, const std::string& spool_id) {
  return SpoolRecovery(directory, spool_id).run();
}

}  // namespace crawlspool::spool
