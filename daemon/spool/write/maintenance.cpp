#include "daemon/spool/write/maintenance.h"

#include <algorithm>

#include "daemon/base/log.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;

constexpr std::int64_t kRetainEveryUs = 1'000'000;
constexpr std::int64_t kCompressAgainUs = 30'000'000;
// Compression that falls behind trades ratio for speed. What it cannot keep up with stays plain until there is time.
constexpr int kLevel = 3;
constexpr int kHurriedLevel = 1;
constexpr std::int64_t kWaitMaxUs = 600'000'000;  // that one segment is put off, however busy the machine
constexpr std::uint64_t kBacklogShare = 8;        // of the free space and of what retention keeps

}  // namespace

Maintenance::Maintenance(Directory& directory, const MaintenanceOptions& options, const base::Clock& clock,
                         const Start& start)
    : directory_(directory),
      clock_(clock),
      spool_id_(start.spool_id),
      snapshots_(directory, start.spool_id, start.snapshots),
      segments_(directory, start.sealed, start.end),
      options_(options),
      removal_(directory),
      clock_watch_(clock, start.newest_us),
      retain_at_us_(clock.monotonic_us()),
      compress_at_us_(clock.monotonic_us()) {}

void Maintenance::offer_snapshot(Snapshot snapshot) {
  const std::lock_guard lock(mutex_);
  inbox_.snapshot = std::move(snapshot);
}

void Maintenance::set_options(const MaintenanceOptions& options) {
  const std::lock_guard lock(mutex_);
  inbox_.options = options;
}

MaintenanceStats Maintenance::stats() const {
  const SealedSegments::Counts counts = segments_.counts();
  const std::lock_guard lock(mutex_);
  MaintenanceStats stats = stats_;
  stats.segments = counts.segments;
  stats.segment_bytes = counts.file_bytes;
  stats.uncompressed = options_.compress ? counts.plain : 0;
  stats.uncompressed_bytes = options_.compress ? counts.plain_bytes : 0;
  stats.damaged = counts.damaged;
  return stats;
}

void Maintenance::add_to(std::uint64_t MaintenanceStats::*count) {
  const std::lock_guard lock(mutex_);
  ++(stats_.*count);
}

bool Maintenance::step() {
  can_wait_ = false;
  segments_.take_added();
  const auto snapshot = take_inbox();
  if (snapshot) write_offered(*snapshot);
  const bool has_worked = snapshot || segments_.look_at_one() || retain();
  if (compressor_ && !segments_.contains(compressor_->position())) compressor_.reset();
  return has_worked || compress();
}

std::optional<Snapshot> Maintenance::take_inbox() {
  const std::lock_guard lock(mutex_);
  if (inbox_.options) options_ = *std::exchange(inbox_.options, std::nullopt);
  return std::exchange(inbox_.snapshot, std::nullopt);
}

void Maintenance::write_offered(const Snapshot& snapshot) {
  if (const auto written = snapshots_.write(snapshot); !written)
    base::log_warn_limited("snapshot_failed", {{"detail", written.error().message()}});
  else
    add_to(&MaintenanceStats::snapshots);
}

bool Maintenance::retain() {
  const RetentionPolicy& policy = options_.retention;
  believes_ages_.store(clock_watch_.may_remove_by_age(), std::memory_order_relaxed);
  if (policy.bytes_max == 0 && policy.age_ms_max == 0) return false;
  if (clock_.monotonic_us() < retain_at_us_) return false;
  retain_at_us_ = clock_.monotonic_us() + kRetainEveryUs;
  if (!removal_.make_durable()) return false;
  const RetentionView view = view_for_retention();
  const RetentionVerdict verdict = judge_retention(policy, view);
  if (verdict.held_by_cursor && std::exchange(held_logged_, view.cursors_need_from) != view.cursors_need_from)
    base::log_warn("retention_held", {{"by", "cursor"}, {"cursor_position", view.cursors_need_from}});
  bool has_removed = false;
  for (const auto& removal : verdict.removals) {
    if (!remove(removal)) break;
    has_removed = true;
  }
  return has_removed;
}

RetentionView Maintenance::view_for_retention() {
  RetentionView view;
  view.segments = segments_.facts();
  view.active_bytes = active_bytes_.load(std::memory_order_relaxed);
  view.now_us = clock_.wall_us();
  view.may_remove_by_age = believes_ages();
  view.snapshots_need_from = snapshots_.needed_from();
  view.cursors_need_from = cursors_need_from(directory_, spool_id_);
  return view;
}

// Returns false if no other may follow.
bool Maintenance::remove(const RetentionVerdict::Removal& removal) {
  if (!removal_.remove(removal)) return false;
  segments_.forget(removal.segment.name.position);
  add_to(&MaintenanceStats::removed);
  return removal_.make_durable();
}

bool Maintenance::compress() {
  if (!compressor_ && !begin_compression()) return false;
  can_wait_ = !is_behind() && clock_.monotonic_us() - compressing_since_us_ < kWaitMaxUs;
  const auto has_more = compressor_->step();
  if (!has_more) {
    compression_failed(compressor_->position(), has_more.error());
    compressor_.reset();
    return false;
  }
  if (!*has_more) finish_compression();
  return true;
}

bool Maintenance::begin_compression() {
  if (!options_.compress || clock_.monotonic_us() < compress_at_us_) return false;
  const SegmentFacts* const plain = segments_.oldest_plain();
  if (plain == nullptr) return false;
  const Position position = plain->name.position;
  if (directory_.free_bytes().value_or(0) < options_.keep_free_bytes + plain->content_bytes()) {
    compression_failed(position, {ErrorCode::kDiskFull, 0, "no room for a second copy"});
    return false;
  }
  CompressionOptions compression;
  compression.level = is_behind() ? kHurriedLevel : kLevel;
  compression.block_bytes_min = options_.block_bytes_min;
  compressor_ = std::make_unique<SegmentCompressor>(directory_, position, compression);
  compressing_since_us_ = clock_.monotonic_us();
  return true;
}

bool Maintenance::is_behind() const {
  std::uint64_t backlog_max = std::min(options_.backlog_bytes_max, directory_.free_bytes().value_or(0) / kBacklogShare);
  if (options_.retention.bytes_max != 0)
    backlog_max = std::min(backlog_max, options_.retention.bytes_max / kBacklogShare);
  return stats().uncompressed_bytes > backlog_max;
}

void Maintenance::finish_compression() {
  const SegmentFacts compressed =
      segments_.set_compressed(compressor_->position(), compressor_->compressed().file_bytes);
  compressor_.reset();
  base::log_info("segment_compressed", {{"segment", segment_file_name(compressed.name)},
                                        {"bytes", compressed.content_bytes()},
                                        {"file_bytes", compressed.file_bytes}});
  add_to(&MaintenanceStats::compressed);
}

void Maintenance::compression_failed(Position segment, const base::Error& error) {
  const SegmentName name{segment, SegmentKind::kSealed};
  if (error.code == ErrorCode::kNotFound) return segments_.plain_is_gone(name);
  compress_at_us_ = clock_.monotonic_us() + kCompressAgainUs;
  base::log_warn("compression_failed", {{"segment", segment_file_name(name)}, {"detail", error.message()}});
  add_to(&MaintenanceStats::compression_failed);
}

}  // namespace crawlspool::spool
