#include "daemon/spool/write/segment_writer.h"

#include <algorithm>
#include <vector>

#include "daemon/base/check.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::uint64_t kPreallocateBytes = 64ULL * 1024 * 1024;

// Returns the end of the last whole line within the first `bytes` of `parts` laid end to end; 0 if none is whole.
std::uint64_t whole_lines_in(std::span<const std::string_view> parts, std::uint64_t bytes) {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  for (const std::string_view part : parts) {
    if (begin >= bytes) break;
    const std::size_t at = part.substr(0, bytes - begin).rfind('\n');
    if (at != std::string_view::npos) end = begin + at + 1;
    begin += part.size();
  }
  return end;
}

}  // namespace

SegmentWriter::SegmentWriter(Directory& directory, std::unique_ptr<File> segment, Start start, const Limits& limits)
    : directory_(directory),
      segment_(std::move(segment)),
      begin_(start.begin),
      end_(start.end),
      allocated_end_(start.end),
      limits_(limits) {}

Result<std::size_t> SegmentWriter::append(std::span<const std::string_view> chunks, std::size_t first_line_bytes,
                                          Position synced) {
  CRAWLSPOOL_CHECK(!chunks.empty() && first_line_bytes <= chunks.front().size());
  const std::string_view first_line = chunks.front().substr(0, first_line_bytes);
  const SyncedMark mark = mark_synced(first_line, synced);
  std::vector<std::string_view> parts;
  parts.reserve(chunks.size() + 3);
  parts.push_back(mark.head);
  parts.push_back(first_line.substr(1, first_line_bytes - 1 - kTrailerBytes - kLineEndBytes));
  parts.push_back(mark.trailer);
  parts.push_back(chunks.front().substr(first_line_bytes));
  parts.insert(parts.end(), chunks.begin() + 1, chunks.end());

  const std::uint64_t bytes = bytes_of(parts);
  if (!has_room(bytes)) return base::fail(base::ErrorCode::kDiskFull, "spool.keep_free_bytes reached");
  preallocate_for(bytes);
  const auto written = write_fully(*segment_, end_ - begin_, parts);
  if (!written && !base::may_pass(written.error())) return tl::unexpected(written.error());
  CRAWLSPOOL_TRY_AS(const auto kept, written ? Result<std::uint64_t>(bytes) : keep_whole_lines(parts));
  if (kept == 0) return tl::unexpected(written.error());
  end_ += kept;
  return kept - (bytes - bytes_of(chunks));  // the mark is no part of what was offered
}

// Keeps the whole lines of a write that broke off. The file's size says how far it got.
Result<std::uint64_t> SegmentWriter::keep_whole_lines(std::span<const std::string_view> parts) {
  CRAWLSPOOL_TRY_AS(const auto size, segment_->size());
  const std::uint64_t arrived = std::max(size, end_ - begin_) - (end_ - begin_);
  const std::uint64_t kept = whole_lines_in(parts, arrived);
  if (kept == arrived) return kept;
  return cut_back_to(end_ + kept).map([&] { return kept; });
}

Result<void> SegmentWriter::cut_back_to(Position position) {
  const auto cut = segment_->truncate(position - begin_).and_then([&] { return segment_->sync(); });
  if (!cut) {
    base::Error error = cut.error();
    error.code = base::ErrorCode::kIo;  // a full disk that cannot be waited out is an error like any other
    return tl::unexpected(std::move(error));
  }
  end_ = std::min(end_, position);
  allocated_end_ = position;  // ftruncate gave the preallocation back
  return {};
}

Result<void> SegmentWriter::sync() {
  return segment_->sync_data().and_then([&]() -> Result<void> {
    if (segment_->has_name()) return {};
    return base::fail(base::ErrorCode::kIo, directory_.path() + ": the segment being written was removed");
  });
}

Result<void> SegmentWriter::trim() {
  const auto trimmed = segment_->truncate(end_ - begin_).and_then([&] { return segment_->sync(); });
  if (trimmed) allocated_end_ = end_;
  return trimmed;
}

bool SegmentWriter::has_room(std::uint64_t bytes) const {
  return limits_.keep_free_bytes == 0 ||
         directory_.free_bytes().value_or(0) + unused_preallocation() >= limits_.keep_free_bytes + bytes;
}

// Reserves ahead of need, in large steps: an fdatasync that also has to allocate blocks costs more than twice as much.
// Does nothing on a disk where the step itself would matter. A failure is no error: writing then allocates.
void SegmentWriter::preallocate_for(std::uint64_t bytes) {
  if (end_ + bytes <= allocated_end_) return;
  std::uint64_t length = bytes + kPreallocateBytes;
  const Position full = begin_ + limits_.segment_bytes_max;
  if (limits_.segment_bytes_max != 0 && full > end_) length = std::min(length, std::max(bytes, full - end_));
  if (directory_.free_bytes().value_or(0) < limits_.keep_free_bytes + 8 * length) return;
  if (segment_->preallocate(end_ - begin_, length)) allocated_end_ = end_ + length;
}

}  // namespace crawlspool::spool
