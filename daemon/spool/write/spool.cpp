#include "daemon/spool/write/spool.h"

#include <algorithm>

#include "daemon/base/log.h"
#include "daemon/spool/control/lock_and_identity.h"
#include "daemon/spool/write/segment_facts.h"

namespace crawlspool::spool {
namespace {

using base::Error;
using base::ErrorCode;
using base::fail;
using base::Result;

constexpr std::int64_t kUsPerMs = 1000;
constexpr std::int64_t kCheckClaimUs = 1000 * kUsPerMs;

// What is appended at once has come together during the append before. If it is as much as this, the load does not
// pause.
constexpr std::size_t kLargeAppendBytes = 1024 * 1024;
constexpr std::int64_t kUnderLoadUs = 100 * kUsPerMs;

}  // namespace

Spool::Spool(std::unique_ptr<Directory> directory, std::string id, const SpoolOptions& options,
             const base::Clock& clock)
    : directory_(std::move(directory)),
      id_(std::move(id)),
      options_(options),
      clock_(clock),
      large_append_us_(clock.monotonic_us() - kUnderLoadUs) {}

Result<std::unique_ptr<Spool>> Spool::open(std::unique_ptr<Directory> directory, const SpoolOptions& options,
                                           const base::Clock& clock) {
  CRAWLSPOOL_TRY_AS(auto id, claim_spool(*directory, clock));
  std::unique_ptr<Spool> spool(new Spool(std::move(directory), std::move(id), options, clock));
  CRAWLSPOOL_TRY(spool->start());
  return spool;
}

Result<void> Spool::start() {
  CRAWLSPOOL_TRY_AS(auto recovered, recover(*directory_, id_));
  CRAWLSPOOL_TRY_AS(durable_mark_, DurableMark::open(*directory_));
  CRAWLSPOOL_TRY_AS(rejected_, RejectedLog::open(*directory_, options_.rejected_bytes_max));
  // Only readers need it; retention holds everything while it cannot be read.
  if (auto cursors = directory_->open_directory(std::string(kCursorsName), Access::kGroup); !cursors)
    base::log_warn("cursors_unusable", {{"detail", cursors.error().message()}});
  return take_over(std::move(recovered));
}

Result<void> Spool::take_over(Recovered recovered) {
  recovery_ = std::move(recovered.report);
  sessions_.start_with(std::move(recovered.sessions));
  position_ = durable_ = recovery_.end;
  maintenance_ = std::make_unique<Maintenance>(
      *directory_, options_.maintenance, clock_,
      Maintenance::Start{id_, std::move(recovered.sealed), recovered.snapshots, recovery_.begin, recovery_.newest_us});
  snapshot_offered_us_ = clock_.monotonic_us() - options_.snapshot_interval_ms * kUsPerMs;
  // A durable position that was ahead, by damage, must not come back with a crash.
  CRAWLSPOOL_TRY(durable_mark_->write(durable_));
  CRAWLSPOOL_TRY(durable_mark_->sync());
  // Marks prove what was synced behind damage, and they may be damaged next. A snapshot has a checksum, and a second
  // copy.
  if (!recovery_.damaged.empty()) leave_snapshot();
  if (!recovered.active) {
    const auto begun = begin_segment();
    return begun || base::may_pass(begun.error()) ? Result<void>{} : begun;  // the first append tries again
  }
  if (position_ > recovery_.begin) {
    const std::int64_t age_us = clock_.wall_us() - first_timestamp(*recovered.active).value_or(clock_.wall_us());
    segment_since_us_ = clock_.monotonic_us() - std::max<std::int64_t>(0, age_us);
  }
  writer_ = std::make_unique<SegmentWriter>(*directory_, std::move(recovered.active),
                                            SegmentWriter::Start{recovery_.begin, recovery_.end}, writer_limits());
  maintenance_->set_active_bytes(active_bytes());
  point_at(segment_file_name({recovery_.begin, SegmentKind::kOpen}));
  return directory_->sync();
}

// Needs everything before position_ to be synced. The directory's sync makes the sealed name of the segment before
// durable too.
Result<void> Spool::begin_segment() {
  const std::string name = segment_file_name({position_, SegmentKind::kOpen});
  CRAWLSPOOL_TRY_AS(auto file, directory_->open(name, OpenMode::kCreate));
  CRAWLSPOOL_TRY_AS(const auto size, file->size());
  if (size != 0) return fail(ErrorCode::kDamaged, directory_->path() + "/" + name + " is there and not empty");
  point_at(name);
  if (auto synced = directory_->sync(); !synced) return synced;
  writer_ = std::make_unique<SegmentWriter>(*directory_, std::move(file), SegmentWriter::Start{position_, position_},
                                            writer_limits());
  return {};
}

SegmentWriter::Limits Spool::writer_limits() const { return {options_.keep_free_bytes, options_.segment_bytes_max}; }

void Spool::set_options(const SpoolOptions& options) {
  options_ = options;
  if (writer_) writer_->set_limits(writer_limits());
  rejected_->set_bytes_max(options.rejected_bytes_max);
  maintenance_->set_options(options.maintenance);
}

// Points current.ndjson at the segment, for those who tail: the spool itself does not depend on it.
void Spool::point_at(const std::string& segment) {
  const auto linked = directory_->link_to(segment, std::string(kCurrentName));
  if (!linked) base::log_warn_limited("current_link_failed", {{"detail", linked.error().message()}});
}

// Needs all lines of the segment to be synced. Nothing is written to a segment that has its sealed name.
Result<void> Spool::seal() {
  const Position begin = writer_->begin();
  if (auto trimmed = writer_->trim(); !trimmed) return trimmed;
  const auto renamed = directory_->rename(segment_file_name({begin, SegmentKind::kOpen}),
                                          segment_file_name({begin, SegmentKind::kSealed}));
  if (!renamed) return renamed;
  writer_.reset();
  segment_since_us_.reset();
  maintenance_->set_active_bytes(0);
  maintenance_->add_sealed(begin, position_);
  base::log_info("segment_sealed", {{"position", begin}, {"bytes", position_ - begin}});
  return {};
}

Result<void> Spool::rotate() {
  if (writer_ && durable_ == position_ && wants_rotation())
    if (auto sealed = seal(); !sealed) return sealed;
  return writer_ ? Result<void>{} : begin_segment();
}

bool Spool::wants_rotation() const {
  if (!writer_ || position_ == writer_->begin()) return false;  // an empty segment is never sealed
  const bool is_full = options_.segment_bytes_max != 0 && position_ - writer_->begin() >= options_.segment_bytes_max;
  const bool is_old = options_.segment_age_ms_max != 0 && segment_since_us_ &&
                      clock_.monotonic_us() - *segment_since_us_ >= options_.segment_age_ms_max * kUsPerMs;
  return is_full || is_old;
}

Result<std::size_t> Spool::append(std::span<const std::string_view> chunks, std::size_t first_line_bytes,
                                  std::span<const SessionMark> sessions) {
  if (failed_) return tl::unexpected(*failed_);
  auto appended = check_claim().and_then([&] { return rotate(); }).and_then([&] {
    return writer_->append(chunks, first_line_bytes, durable_);
  });
  if (!appended) return base::may_pass(appended.error()) ? appended : tl::unexpected(stick(appended.error()));
  position_ = writer_->end();
  maintenance_->set_active_bytes(position_ - writer_->begin());
  if (!segment_since_us_) segment_since_us_ = clock_.monotonic_us();
  if (*appended >= kLargeAppendBytes) large_append_us_.store(clock_.monotonic_us(), std::memory_order_relaxed);
  if (*appended == bytes_of(chunks))
    sessions_.add(sessions);
  else
    sessions_.add_lines(chunks, *appended);  // a snapshot holds exactly what lies before its position
  return appended;
}

Result<void> Spool::sync(IfFull if_full) {
  if (failed_) return tl::unexpected(*failed_);
  if (!writer_) return {};
  // Both before it may be acked: without the mark, recovery would take damage in what was acked for a torn tail.
  const auto synced = writer_->sync().and_then([&] { return durable_mark_->write(position_); });
  if (!synced && base::may_pass(synced.error()) && if_full == IfFull::kCutBack) {
    // The mark may have been written in part.
    const auto taken_back = writer_->cut_back_to(durable_).and_then([&] { return durable_mark_->write(durable_); });
    if (!taken_back) return tl::unexpected(stick(taken_back.error()));
    position_ = durable_;
    sessions_.drop_added();
    return synced;
  }
  if (!synced) return tl::unexpected(stick(synced.error()));
  durable_ = position_;
  sessions_.apply(clock_.wall_us());
  return {};
}

void Spool::note(std::span<const SessionMark> sessions) {
  sessions_.add(sessions);
  if (durable_ == position_) sessions_.apply(clock_.wall_us());
}

Result<void> Spool::probe() {
  if (failed_) return tl::unexpected(*failed_);
  const auto proved = durable_mark_->write(durable_).and_then([&] { return durable_mark_->sync(); });
  if (!proved && !base::may_pass(proved.error())) return tl::unexpected(stick(proved.error()));
  return proved;
}

// Checks the names: the lock is the open file's, but whoever comes later locks the file that has the name; and readers
// look for the directory by its path.
Result<void> Spool::check_claim() {
  const std::int64_t now_us = clock_.monotonic_us();
  if (now_us < check_claim_us_) return {};
  check_claim_us_ = now_us + kCheckClaimUs;
  return directory_->check_claim();
}

Result<void> Spool::tick() {
  if (failed_) return tl::unexpected(*failed_);
  auto rotated = check_claim().and_then([&] { return rotate(); });
  if (!rotated && !base::may_pass(rotated.error())) return tl::unexpected(stick(rotated.error()));
  const std::int64_t now_us = clock_.monotonic_us();
  if (now_us - snapshot_offered_us_ < options_.snapshot_interval_ms * kUsPerMs) return {};
  if (!maintenance_->wants_snapshot(durable_)) return {};
  snapshot_offered_us_ = now_us;
  maintenance_->offer_snapshot({durable_, clock_.wall_us(), sessions_.synced()});
  return {};
}

bool Spool::is_under_load() const {
  return clock_.monotonic_us() - large_append_us_.load(std::memory_order_relaxed) < kUnderLoadUs;
}

Result<void> Spool::close() {
  if (failed_) return tl::unexpected(*failed_);
  if (auto claimed = directory_->check_claim(); !claimed) return tl::unexpected(stick(claimed.error()));
  if (auto synced = sync(IfFull::kFail); !synced) return synced;
  if (writer_)
    if (auto trimmed = writer_->trim(); !trimmed) return tl::unexpected(stick(trimmed.error()));
  leave_snapshot();
  return {};
}

// Writes the last snapshot. Without it the next start only has more to read.
void Spool::leave_snapshot() {
  if (auto written = maintenance_->write_snapshot({durable_, clock_.wall_us(), sessions_.synced()}); !written)
    base::log_warn("snapshot_failed", {{"detail", written.error().message()}});
}

bool Spool::has_room(std::uint64_t bytes) const {
  return options_.keep_free_bytes == 0 || free_bytes() >= options_.keep_free_bytes + bytes;
}

std::uint64_t Spool::free_bytes() const {
  return directory_->free_bytes().value_or(0) + (writer_ ? writer_->unused_preallocation() : 0);
}

// Keeps the error for every later call. A full disk that cannot be waited out is an error like any other.
Error Spool::stick(Error error) {
  if (base::may_pass(error)) error.code = ErrorCode::kIo;
  failed_ = std::move(error);
  return *failed_;
}

}  // namespace crawlspool::spool
