#include "daemon/spool/write/background.h"

#include <algorithm>

#include "daemon/base/log.h"
#include "daemon/spool/control/cursor.h"
#include "daemon/spool/write/segment_facts.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;

constexpr std::int64_t kRetainEveryUs = 1'000'000;
constexpr std::int64_t kPackAgainUs = 30'000'000;
// Packing that falls behind gives up ratio for speed; what it cannot keep up with stays plain until there is time.
constexpr int kLevel = 3;
constexpr int kHurriedLevel = 1;
constexpr std::int64_t kWaitMaxUs = 600'000'000;  // of one segment, however busy the machine
constexpr std::uint64_t kBacklogShare = 8;        // of the free space and of what retention keeps

// What a name and the next one tell.
SegmentFacts facts_of(const SegmentName& name, Position end) {
  SegmentFacts facts;
  facts.name = name;
  facts.end = end;
  return facts;
}

bool is_plain(const SegmentFacts& facts) { return facts.name.kind == SegmentKind::kSealed; }

std::uint64_t content_bytes(const SegmentFacts& facts) { return facts.end - facts.name.position; }

}  // namespace

Background::Background(Directory& directory, const BackgroundOptions& options, const base::Clock& clock, Start start)
    : directory_(directory),
      clock_(clock),
      spool_id_(start.spool_id),
      snapshots_(directory, start.spool_id, start.snapshots),
      options_(options),
      clock_watch_(clock, start.newest_us),
      retain_at_us_(clock.monotonic_us()),
      pack_at_us_(clock.monotonic_us()) {
  for (std::size_t i = 0; i < start.sealed.size(); ++i) {
    const Position end = i + 1 < start.sealed.size() ? start.sealed[i + 1].position : start.end;
    sealed_.push_back({facts_of(start.sealed[i], end), false});
  }
  publish();
}

void Background::add_sealed(Position begin, Position end) {
  const std::lock_guard lock(mutex_);
  inbox_.sealed.push_back({facts_of({begin, SegmentKind::kSealed}, end), false});
  inbox_.sealed.back().facts.file_bytes = end - begin;
  ++stats_.segments;
  stats_.segment_bytes += end - begin;
  if (!options_.compress) return;
  ++stats_.unpacked;
  stats_.unpacked_bytes += end - begin;
}

void Background::offer_snapshot(Snapshot snapshot) {
  const std::lock_guard lock(mutex_);
  inbox_.snapshot = std::move(snapshot);
}

void Background::set_options(const BackgroundOptions& options) {
  const std::lock_guard lock(mutex_);
  inbox_.options = options;
}

BackgroundStats Background::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

bool Background::step() {
  can_wait_ = false;
  const auto snapshot = take_inbox();
  if (snapshot) write_offered(*snapshot);
  return snapshot || look_at_one() || retain() || pack();
}

std::optional<Snapshot> Background::take_inbox() {
  const std::lock_guard lock(mutex_);
  sealed_.insert(sealed_.end(), inbox_.sealed.begin(), inbox_.sealed.end());
  inbox_.sealed.clear();
  if (inbox_.options) options_ = *std::exchange(inbox_.options, std::nullopt);
  return std::exchange(inbox_.snapshot, std::nullopt);
}

void Background::write_offered(const Snapshot& snapshot) {
  if (const auto written = snapshots_.write(snapshot); !written) {
    base::log_warn_limited("snapshot_failed", {{"detail", written.error().message()}});
    return;
  }
  const std::lock_guard lock(mutex_);
  ++stats_.snapshots;
}

// A file's size and newest line; also where a start has found many, so that the start does not wait for them.
bool Background::look_at_one() {
  const auto unknown = std::find_if(sealed_.begin(), sealed_.end(), [](const Sealed& s) { return !s.is_known; });
  if (unknown == sealed_.end()) return false;
  const SegmentName name = unknown->facts.name;
  const auto facts = read_segment_facts(directory_, name, unknown->facts.end);
  if (facts) {
    unknown->facts = *facts;
    unknown->is_known = true;
    if (facts->missing_bytes > 0) {
      count_damaged();
      base::log_error("segment_missing",
                      {{"position", facts->end - facts->missing_bytes}, {"bytes", facts->missing_bytes}});
    }
  } else if (facts.error().code == ErrorCode::kNotFound) {
    plain_is_gone(name);
  } else {
    count_damaged();
    base::log_warn("segment_unreadable", {{"detail", facts.error().message()}});
    unknown->is_known = true;
  }
  publish();
  return true;
}

bool Background::retain() {
  const RetentionPolicy& policy = options_.retention;
  const bool may_remove_by_age = clock_watch_.may_remove_by_age();
  believes_ages_.store(may_remove_by_age, std::memory_order_relaxed);
  if (policy.bytes_max == 0 && policy.age_ms_max == 0) return false;
  if (clock_.monotonic_us() < retain_at_us_) return false;
  retain_at_us_ = clock_.monotonic_us() + kRetainEveryUs;
  if (!make_removals_durable()) return false;
  RetentionView view;
  for (const Sealed& sealed : sealed_) view.segments.push_back(sealed.facts);
  view.growing_bytes = growing_bytes_.load(std::memory_order_relaxed);
  view.now_us = clock_.wall_us();
  view.may_remove_by_age = may_remove_by_age;
  view.snapshots_need_from = snapshots_.needed_from();
  view.cursors_need_from = cursors_need_from();
  const RetentionVerdict verdict = judge_retention(policy, view);
  if (verdict.held_by_cursor && std::exchange(held_told_, view.cursors_need_from) != view.cursors_need_from)
    base::log_warn("retention_held", {{"by", "cursor"}, {"cursor_position", view.cursors_need_from}});
  bool removed = false;
  for (const auto& removal : verdict.removals) {
    if (!remove(removal)) break;
    removed = true;
  }
  return removed;
}

// A cursor that does not read may need anything.
Position Background::cursors_need_from() {
  const auto cursors = list_cursors(directory_);
  if (!cursors) {
    base::log_warn_limited("cursor_unreadable", {{"detail", cursors.error().message()}});
    return 0;
  }
  Position least = ~Position{0};
  for (const NamedCursor& named : *cursors) {
    if (!named.cursor)
      base::log_warn_limited("cursor_unreadable", {{"cursor", named.name}, {"detail", named.cursor.error().message()}});
    const bool is_ours = !named.cursor || named.cursor->spool_id == spool_id_;
    if (is_ours) least = std::min(least, named.cursor ? named.cursor->position : 0);
  }
  return least;
}

// False: no other may follow, or its segment may be gone after a crash and this one be back, with a hole between.
bool Background::make_removals_durable() {
  if (removals_are_durable_) return true;
  const auto synced = directory_.sync();
  if (!synced) base::log_warn_limited("removal_failed", {{"detail", synced.error().message()}});
  removals_are_durable_ = synced.has_value();
  return removals_are_durable_;
}

// A segment may be there twice: its packed copy has had its name since before the plain file was to go, and that, or
// the sync before it, failed. Readers take the plain file as long as there is one, so it is the last to go. False if
// one of them is still there.
bool Background::remove_files(Position position) {
  removals_are_durable_ = false;
  for (const SegmentKind kind : {SegmentKind::kCompressed, SegmentKind::kSealed}) {
    const auto removed = directory_.remove(segment_file_name({position, kind}));
    if (removed || removed.error().code == ErrorCode::kNotFound) continue;
    base::log_warn_limited("removal_failed", {{"detail", removed.error().message()}});
    return false;
  }
  static_cast<void>(directory_.remove(index_file_name(position)));
  return true;
}

// False if no other may follow.
bool Background::remove(const RetentionVerdict::Removal& removal) {
  const SegmentFacts& segment = removal.segment;
  const std::string file = segment_file_name(segment.name);
  if (!remove_files(segment.name.position)) return false;
  base::log_info("segment_removed", {{"segment", file},
                                     {"bytes", segment.file_bytes},
                                     {"reason", removal.reason},
                                     {"overrides_cursor", removal.overrides_cursor}});
  forget(segment.name);
  {
    const std::lock_guard lock(mutex_);
    ++stats_.removed;
  }
  return make_removals_durable();
}

bool Background::pack() {
  if (!packer_ && !begin_packing()) return false;
  can_wait_ = !is_behind() && clock_.monotonic_us() - packing_since_us_ < kWaitMaxUs;
  const auto has_more = packer_->step();
  if (!has_more) {
    packing_failed(packer_->position(), has_more.error());
    packer_.reset();
    return false;
  }
  if (!*has_more) finish_packing();
  return true;
}

bool Background::begin_packing() {
  if (!options_.compress || clock_.monotonic_us() < pack_at_us_) return false;
  const auto plain = std::find_if(sealed_.begin(), sealed_.end(), [](const auto& s) { return is_plain(s.facts); });
  if (plain == sealed_.end()) return false;
  const Position position = plain->facts.name.position;
  if (directory_.free_bytes().value_or(0) < options_.keep_free_bytes + content_bytes(plain->facts)) {
    packing_failed(position, {ErrorCode::kDiskFull, 0, "no room for a second copy"});
    return false;
  }
  PackOptions pack;
  pack.level = is_behind() ? kHurriedLevel : kLevel;
  pack.frame_bytes_min = options_.frame_bytes_min;
  packer_ = std::make_unique<SegmentPacker>(directory_, position, pack);
  packing_since_us_ = clock_.monotonic_us();
  return true;
}

bool Background::is_behind() const {
  std::uint64_t backlog_max = std::min(options_.backlog_bytes_max, directory_.free_bytes().value_or(0) / kBacklogShare);
  if (options_.retention.bytes_max != 0)
    backlog_max = std::min(backlog_max, options_.retention.bytes_max / kBacklogShare);
  return stats().unpacked_bytes > backlog_max;
}

void Background::finish_packing() {
  const auto packed = std::find_if(sealed_.begin(), sealed_.end(), [this](const Sealed& sealed) {
    return sealed.facts.name.position == packer_->position();
  });
  packed->facts.name.kind = SegmentKind::kCompressed;
  packed->facts.file_bytes = packer_->packed().file_bytes;
  base::log_info("segment_packed", {{"segment", segment_file_name(packed->facts.name)},
                                    {"bytes", content_bytes(packed->facts)},
                                    {"file_bytes", packed->facts.file_bytes}});
  packer_.reset();
  {
    const std::lock_guard lock(mutex_);
    ++stats_.packed;
  }
  publish();
}

void Background::packing_failed(Position segment, const base::Error& error) {
  const SegmentName name{segment, SegmentKind::kSealed};
  if (error.code == ErrorCode::kNotFound) return plain_is_gone(name);
  pack_at_us_ = clock_.monotonic_us() + kPackAgainUs;
  base::log_warn("packing_failed", {{"segment", segment_file_name(name)}, {"detail", error.message()}});
  const std::lock_guard lock(mutex_);
  ++stats_.packing_failed;
}

// Of a segment that was there twice the packed copy is left, and is the segment from now on.
void Background::plain_is_gone(const SegmentName& name) {
  const SegmentName packed{name.position, SegmentKind::kCompressed};
  const auto left = name.kind == SegmentKind::kSealed ? directory_.open(segment_file_name(packed), OpenMode::kRead)
                                                      : base::fail(ErrorCode::kNotFound, "");
  if (!left && left.error().code == ErrorCode::kNotFound) {
    base::log_warn("segment_gone", {{"segment", segment_file_name(name)}});
    return forget(name);
  }
  const auto segment = std::find_if(sealed_.begin(), sealed_.end(),
                                    [&](const Sealed& sealed) { return sealed.facts.name.position == name.position; });
  segment->facts.name = packed;
  segment->is_known = false;  // looked at next
  publish();
}

void Background::forget(const SegmentName& name) {
  if (packer_ && packer_->position() == name.position) packer_.reset();
  std::erase_if(sealed_, [&](const Sealed& sealed) { return sealed.facts.name.position == name.position; });
  publish();
}

void Background::count_damaged() {
  const std::lock_guard lock(mutex_);
  ++stats_.damaged;
}

void Background::publish() {
  const std::lock_guard lock(mutex_);
  stats_.segments = stats_.segment_bytes = stats_.unpacked = stats_.unpacked_bytes = 0;
  for (const std::vector<Sealed>* segments : {&sealed_, &inbox_.sealed})
    for (const Sealed& sealed : *segments) {
      ++stats_.segments;
      stats_.segment_bytes += sealed.facts.file_bytes;
      if (!options_.compress || !is_plain(sealed.facts)) continue;
      ++stats_.unpacked;
      stats_.unpacked_bytes += content_bytes(sealed.facts);
    }
}

}  // namespace crawlspool::spool
