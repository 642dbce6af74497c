#include "daemon/spool/write/retention.h"

#include <algorithm>
#include <cstdlib>

#include "daemon/base/log.h"
#include "daemon/spool/control/cursor.h"

namespace crawlspool::spool {
namespace {

constexpr std::int64_t kUsPerMs = 1000;
constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kJumpUs = 600 * kSecondUs;
constexpr std::int64_t kDayUs = 24 * 3600 * kSecondUs;
constexpr std::int64_t kStartedLateUs = 7 * kDayUs;

bool is_too_old(const RetentionPolicy& policy, const RetentionView& view, std::size_t index) {
  if (policy.age_ms_max == 0 || !view.may_remove_by_age) return false;
  const auto known = std::find_if(view.segments.begin() + static_cast<std::ptrdiff_t>(index), view.segments.end(),
                                  [](const SegmentFacts& segment) { return segment.newest_us != 0; });
  return known != view.segments.end() && known->newest_us < view.now_us - policy.age_ms_max * kUsPerMs;
}

}  // namespace

// The first segment that is kept ends the removals, so that a row without gaps stays.
RetentionVerdict judge_retention(const RetentionPolicy& policy, const RetentionView& view) {
  RetentionVerdict verdict;
  std::uint64_t bytes = view.active_bytes;
  for (const SegmentFacts& segment : view.segments) bytes += segment.file_bytes;
  for (std::size_t i = 0; i < view.segments.size(); ++i) {
    const SegmentFacts& segment = view.segments[i];
    const bool too_much = policy.bytes_max != 0 && bytes > policy.bytes_max;
    if (!too_much && !is_too_old(policy, view, i)) break;
    if (segment.end > view.snapshots_need_from) break;
    const bool is_needed = segment.end > view.cursors_need_from;
    if (is_needed && !policy.ignores_cursors) {
      verdict.held_by_cursor = true;
      break;
    }
    verdict.removals.push_back({segment, too_much ? "bytes" : "age", is_needed});
    bytes -= segment.file_bytes;
  }
  return verdict;
}

ClockWatch::ClockWatch(const base::Clock& clock, std::int64_t newest_us)
    : clock_(clock), offset_us_(clock.wall_us() - clock.monotonic_us()), distrusted_until_us_(clock.monotonic_us()) {
  const std::int64_t since_us = clock.wall_us() - newest_us;
  if (newest_us != 0 && (since_us < 0 || since_us > kStartedLateUs)) jumped(since_us, clock.monotonic_us());
}

bool ClockWatch::may_remove_by_age() {
  const std::int64_t now_us = clock_.monotonic_us();
  const std::int64_t offset_us = clock_.wall_us() - now_us;
  if (std::abs(offset_us - offset_us_) > kJumpUs) jumped(offset_us - offset_us_, now_us);
  offset_us_ = offset_us;
  return now_us >= distrusted_until_us_;
}

void ClockWatch::jumped(std::int64_t by_us, std::int64_t now_us) {
  base::log_warn("clock_jump", {{"seconds", by_us / kSecondUs}, {"nothing_removed_by_age_for_s", kDayUs / kSecondUs}});
  distrusted_until_us_ = now_us + kDayUs;
}

bool SegmentRemoval::remove(const RetentionVerdict::Removal& removal) {
  const SegmentFacts& segment = removal.segment;
  if (!remove_files(segment.name.position)) return false;
  base::log_info("segment_removed", {{"segment", segment_file_name(segment.name)},
                                     {"bytes", segment.file_bytes},
                                     {"reason", removal.reason},
                                     {"overrides_cursor", removal.overrides_cursor}});
  return true;
}

// A segment may be there twice: its compressed copy has had its name since before the plain file was to go, and that,
// or the sync before it, failed. Readers take the plain file as long as there is one, so it is the last to go.
bool SegmentRemoval::remove_files(Position position) {
  is_durable_ = false;
  for (const SegmentKind kind : {SegmentKind::kCompressed, SegmentKind::kSealed}) {
    const auto removed = directory_.remove(segment_file_name({position, kind}));
    if (removed || removed.error().code == base::ErrorCode::kNotFound) continue;
    base::log_warn_limited("removal_failed", {{"detail", removed.error().message()}});
    return false;
  }
  static_cast<void>(directory_.remove(index_file_name(position)));
  return true;
}

bool SegmentRemoval::make_durable() {
  if (is_durable_) return true;
  const auto synced = directory_.sync();
  if (!synced) base::log_warn_limited("removal_failed", {{"detail", synced.error().message()}});
  is_durable_ = synced.has_value();
  return is_durable_;
}

Position cursors_need_from(Directory& directory, const std::string& spool_id) {
  const auto cursors = list_cursors(directory);
  if (!cursors) {
    base::log_warn_limited("cursor_unreadable", {{"detail", cursors.error().message()}});
    return 0;
  }
  Position least = ~Position{0};
  for (const NamedCursor& named : *cursors) {
    if (!named.cursor)
      base::log_warn_limited("cursor_unreadable", {{"cursor", named.name}, {"detail", named.cursor.error().message()}});
    const bool is_ours = !named.cursor || named.cursor->spool_id == spool_id;
    if (is_ours) least = std::min(least, named.cursor ? named.cursor->position : 0);
  }
  return least;
}

}  // namespace crawlspool::spool
