#include "daemon/spool/recovery/recovery.h"

#include <algorithm>

#include "daemon/spool/control/durable_mark.h"
#include "daemon/spool/read/position_search.h"
#include "daemon/spool/read/segment_reader.h"
#include "daemon/spool/read/segment_source.h"
#include "daemon/spool/recovery/reject_replay.h"

namespace crawlspool::spool {
namespace {

using base::Result;

// Whoever looks for a file may have met it before.
void leave_out(RecoveryReport& report, UnusableFile file) {
  const bool is_known = std::any_of(report.left_out.begin(), report.left_out.end(),
                                    [&](const UnusableFile& known) { return known.name == file.name; });
  if (!is_known) report.left_out.push_back(std::move(file));
}

// What the reader could not have goes into the report.
class ReportedLosses final : public LossReporter {
 public:
  explicit ReportedLosses(RecoveryReport& report) : report_(report) {}
  void missing(Position position, std::uint64_t bytes) override { report_.missing.push_back({position, bytes}); }
  void doubled(Position, std::uint64_t) override {}     // nothing is lost by it
  void taken_back(Position, std::uint64_t) override {}  // nobody writes
  void left_out(const std::string& file, const base::Error& why) override {
    if (why.code == base::ErrorCode::kIo) failed_ = why;
    leave_out(report_, {file, why.message()});
  }
  // Without lines that could be there again tomorrow the sessions' numbers would be too low.
  [[nodiscard]] const std::optional<base::Error>& failed() const { return failed_; }

 private:
  RecoveryReport& report_;
  std::optional<base::Error> failed_;
};

// What the durable file says. One that cannot be read now may say more tomorrow: it counts as an error, not as nothing.
Result<std::optional<Position>> read_promise(Directory& directory) {
  const auto text = read_durable_text(directory);
  if (!text && text.error().code == base::ErrorCode::kIo) return tl::unexpected(text.error());
  return text ? parse_position_digits(*text) : std::nullopt;
}

// A crash between the making of a segment and the sealing of the one before leaves both growing.
Result<void> seal_what_was_left(Directory& directory, Inventory& inventory) {
  for (const SegmentName& segment : inventory.unsealed) {
    const SegmentName sealed{segment.position, SegmentKind::kSealed};
    CRAWLSPOOL_TRY_AS(auto file, directory.open(segment_file_name(segment), OpenMode::kWrite));
    const auto done = file->sync_data().and_then(
        [&] { return directory.rename(segment_file_name(segment), segment_file_name(sealed)); });
    if (!done) return done;
    inventory.sealed.push_back(sealed);
  }
  if (inventory.unsealed.empty()) return {};
  std::sort(inventory.sealed.begin(), inventory.sealed.end(),
            [](const auto& a, const auto& b) { return a.position < b.position; });
  return directory.sync();
}

// The lines of sealed segments behind the snapshot: all of them were synced.
Result<void> read_sealed(Directory& directory, Position from, Position to, RecoveryReport& report,
                         SessionReplay& replay) {
  ReportedLosses losses(report);
  SegmentReader reader(directory, losses, from);
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto line, reader.next());
    if (losses.failed()) return tl::unexpected(*losses.failed());
    if (!line || line->position >= to) return {};
    if (line->kind == LineKind::kSound)
      replay.add(*check_line(line->bytes));
    else if (line->kind == LineKind::kDamaged)
      add_range(report.damaged, {line->position, line->bytes.size()});
  }
}

Result<void> recover_growing(Directory& directory, const SegmentName& name, Position from, Recovered& out,
                             SessionReplay& replay) {
  CRAWLSPOOL_TRY_AS(auto file, directory.open(segment_file_name(name), OpenMode::kWrite));
  CRAWLSPOOL_TRY_AS(const auto durable, read_promise(directory));
  const SegmentPlace place{name.position, std::max(from, name.position), durable};
  CRAWLSPOOL_TRY_AS(auto segment, recover_segment(directory, *file, place, replay));
  RecoveryReport& report = out.report;
  report.begin = name.position;
  report.end = segment.end;
  report.known_synced = segment.known_synced;
  for (const ByteRange& range : segment.damaged) add_range(report.damaged, range);
  if (segment.missing) report.missing.push_back(*segment.missing);
  report.cut = segment.cut;
  report.cut_was_kept = segment.cut_was_kept;
  out.growing = std::move(file);
  return {};
}

// Without a growing segment the next one begins where the last ends.
Result<void> begin_behind_the_last(Directory& directory, const std::vector<SegmentName>& sealed,
                                   RecoveryReport& report) {
  if (sealed.empty()) return {};
  const SegmentName& last = sealed.back();
  CRAWLSPOOL_TRY_AS(const auto bytes,
                    open_segment_source(directory, {last, segment_file_name(last)}).and_then([](const auto& source) {
                      return source->size();
                    }));
  report.begin = report.end = report.known_synced = last.position + bytes;
  return {};
}

// What the growing segment's own recovery would have said if there were one.
Result<void> miss_what_was_promised(Directory& directory, Position snapshot, RecoveryReport& report) {
  CRAWLSPOOL_TRY_AS(const auto durable, read_promise(directory));
  const Position promised = std::max(snapshot, durable.value_or(0));
  if (promised > report.end) report.missing.push_back({report.end, promised - report.end});
  return {};
}

// The snapshot proves that there was more than the segments have: a position that named a record never names another.
Result<void> go_on_behind_snapshot(Directory& directory, Position snapshot, Recovered& out) {
  RecoveryReport& report = out.report;
  if (out.growing && report.end == report.begin) {
    if (auto removed = directory.remove(segment_file_name({report.begin, SegmentKind::kOpen})); !removed)
      return removed;
  } else if (out.growing) {
    const SegmentName sealed{report.begin, SegmentKind::kSealed};
    const auto renamed =
        directory.rename(segment_file_name({report.begin, SegmentKind::kOpen}), segment_file_name(sealed));
    if (!renamed) return renamed;
    out.sealed.push_back(sealed);
  }
  out.growing.reset();
  report.begin = report.end = report.known_synced = snapshot;
  return directory.sync();
}

}  // namespace

Result<Recovered> recover(Directory& directory, const std::string& spool_id) {
  CRAWLSPOOL_TRY_AS(auto inventory, take_inventory(directory));
  CRAWLSPOOL_TRY(seal_what_was_left(directory, inventory));

  Recovered out;
  SnapshotSearch search = find_snapshot(directory, spool_id);
  if (search.failed) return tl::unexpected(*search.failed);
  SessionReplay replay;
  if (search.newest) {
    out.report.read_from = search.newest->position;
    replay.newest_us = search.newest->created_us;
    replay.sessions = std::move(search.newest->sessions);
  }
  RejectReplay rejects;
  rejects.read(directory, replay.newest_us, replay.sessions);
  out.snapshots = search.places;
  out.report.left_out = std::move(inventory.left_out);
  for (UnusableFile& file : search.unusable) leave_out(out.report, std::move(file));
  out.sealed = std::move(inventory.sealed);

  const auto growing = inventory.growing;
  const Position snapshot = out.report.read_from;
  Result<void> done;
  if (!growing) done = begin_behind_the_last(directory, out.sealed, out.report);
  const Position sealed_end = growing ? growing->position : out.report.end;
  if (done && snapshot < sealed_end) done = read_sealed(directory, snapshot, sealed_end, out.report, replay);
  if (done && growing) done = recover_growing(directory, *growing, snapshot, out, replay);
  if (done && !growing) done = miss_what_was_promised(directory, snapshot, out.report);
  if (done && out.report.end < snapshot) done = go_on_behind_snapshot(directory, snapshot, out);
  if (!done) return tl::unexpected(done.error());
  out.report.lines = replay.lines;
  out.report.newest_us = replay.newest_us;
  rejects.apply(replay.sessions);
  out.sessions = std::move(replay.sessions);
  return out;
}

}  // namespace crawlspool::spool
