#include "daemon/spool/write/sealed_segments.h"

#include <algorithm>

#include "daemon/base/log.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;

// Returns what a name and the next one say.
SegmentFacts facts_of(const SegmentName& name, Position end) {
  SegmentFacts facts;
  facts.name = name;
  facts.end = end;
  return facts;
}

bool is_plain(const SegmentFacts& facts) { return facts.name.kind == SegmentKind::kSealed; }

auto is_at(Position position) {
  return [position](const auto& sealed) { return sealed.facts.name.position == position; };
}

}  // namespace

SealedSegments::SealedSegments(Directory& directory, const std::vector<SegmentName>& sealed, Position end)
    : directory_(directory) {
  for (std::size_t i = 0; i < sealed.size(); ++i)
    sealed_.push_back({facts_of(sealed[i], i + 1 < sealed.size() ? sealed[i + 1].position : end), false});
  count();
}

void SealedSegments::add(Position begin, Position end) {
  const std::lock_guard lock(mutex_);
  added_.push_back({facts_of({begin, SegmentKind::kSealed}, end), false});
  added_.back().facts.file_bytes = end - begin;
  ++counts_.segments;
  counts_.file_bytes += end - begin;
  ++counts_.plain;
  counts_.plain_bytes += end - begin;
}

SealedSegments::Counts SealedSegments::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void SealedSegments::take_added() {
  const std::lock_guard lock(mutex_);
  sealed_.insert(sealed_.end(), added_.begin(), added_.end());
  added_.clear();
}

bool SealedSegments::look_at_one() {
  const auto unknown = std::find_if(sealed_.begin(), sealed_.end(), [](const Sealed& s) { return !s.is_known; });
  if (unknown == sealed_.end()) return false;
  const SegmentName name = unknown->facts.name;
  const auto facts = read_segment_facts(directory_, name, unknown->facts.end);
  if (!facts && facts.error().code == ErrorCode::kNotFound) {
    plain_is_gone(name);
    return true;
  }
  unknown->is_known = true;
  if (!facts) {
    count_damaged();
    base::log_warn("segment_unreadable", {{"detail", facts.error().message()}});
    return true;
  }
  unknown->facts = *facts;
  if (facts->missing_bytes > 0) {
    count_damaged();
    base::log_error("segment_missing",
                    {{"position", facts->end - facts->missing_bytes}, {"bytes", facts->missing_bytes}});
  }
  count();
  return true;
}

std::vector<SegmentFacts> SealedSegments::facts() const {
  std::vector<SegmentFacts> all;
  for (const Sealed& sealed : sealed_) all.push_back(sealed.facts);
  return all;
}

const SegmentFacts* SealedSegments::oldest_plain() const {
  const auto plain = std::find_if(sealed_.begin(), sealed_.end(), [](const Sealed& s) { return is_plain(s.facts); });
  return plain == sealed_.end() ? nullptr : &plain->facts;
}

bool SealedSegments::contains(Position position) const {
  return std::any_of(sealed_.begin(), sealed_.end(), is_at(position));
}

SegmentFacts SealedSegments::set_compressed(Position position, std::uint64_t file_bytes) {
  SegmentFacts& facts = find(position)->facts;
  facts.name.kind = SegmentKind::kCompressed;
  facts.file_bytes = file_bytes;
  count();
  return facts;
}

void SealedSegments::plain_is_gone(const SegmentName& name) {
  const SegmentName compressed{name.position, SegmentKind::kCompressed};
  const auto left = name.kind == SegmentKind::kSealed ? directory_.open(segment_file_name(compressed), OpenMode::kRead)
                                                      : base::fail(ErrorCode::kNotFound, "");
  if (!left && left.error().code == ErrorCode::kNotFound) {
    base::log_warn("segment_gone", {{"segment", segment_file_name(name)}});
    return forget(name.position);
  }
  const auto segment = find(name.position);
  segment->facts.name = compressed;
  segment->is_known = false;  // looked at next
  count();
}

void SealedSegments::forget(Position position) {
  std::erase_if(sealed_, is_at(position));
  count();
}

std::vector<SealedSegments::Sealed>::iterator SealedSegments::find(Position position) {
  return std::find_if(sealed_.begin(), sealed_.end(), is_at(position));
}

void SealedSegments::count_damaged() {
  const std::lock_guard lock(mutex_);
  ++counts_.damaged;
}

void SealedSegments::count() {
  const std::lock_guard lock(mutex_);
  Counts counts;
  counts.damaged = counts_.damaged;
  for (const std::vector<Sealed>* segments : {&sealed_, &added_})
    for (const Sealed& sealed : *segments) {
      ++counts.segments;
      counts.file_bytes += sealed.facts.file_bytes;
      if (!is_plain(sealed.facts)) continue;
      ++counts.plain;
      counts.plain_bytes += sealed.facts.content_bytes();
    }
  counts_ = counts;
}

}  // namespace crawlspool::spool
