#include "daemon/spool/write/retention.h"

#include <algorithm>

namespace crawlspool::spool {
namespace {

constexpr std::int64_t kUsPerMs = 1000;

bool is_too_old(const RetentionPolicy& policy, const RetentionView& view, std::size_t index) {
  if (policy.age_ms_max == 0 || !view.may_remove_by_age) return false;
  const auto known = std::find_if(view.segments.begin() + static_cast<std::ptrdiff_t>(index), view.segments.end(),
                                  [](const SegmentFacts& segment) { return segment.newest_us != 0; });
  return known != view.segments.end() && known->newest_us < view.now_us - policy.age_ms_max * kUsPerMs;
}

}  // namespace

// A row without gaps stays: the first segment that is kept ends it.
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

}  // namespace crawlspool::spool
