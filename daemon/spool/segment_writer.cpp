#include "daemon/spool/segment_writer.h"

#include <algorithm>
#include <string>
#include <vector>

#include "daemon/base/check.h"
#include "daemon/spool/line.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::uint64_t kPreallocateBytes = 64ULL * 1024 * 1024;

}  // namespace

SegmentWriter::SegmentWriter(Directory& directory, std::unique_ptr<File> segment, std::unique_ptr<File> durable_file,
                             Start start, std::uint64_t keep_free_bytes)
    : directory_(directory),
      segment_(std::move(segment)),
      durable_file_(std::move(durable_file)),
      begin_(start.begin),
      end_(start.end),
      durable_(start.end),
      allocated_end_(start.end),
      keep_free_bytes_(keep_free_bytes) {}

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::open(Directory& directory, std::unique_ptr<File> segment,
                                                           Start start, std::uint64_t keep_free_bytes) {
  auto durable_file = directory.open(std::string(kDurableName), OpenMode::kCreate);
  if (!durable_file) return tl::unexpected(durable_file.error());
  std::unique_ptr<SegmentWriter> writer(
      new SegmentWriter(directory, std::move(segment), std::move(*durable_file), start, keep_free_bytes));
  // Longer than its digits it could only be by other hands, and would not be believed.
  const auto written =
      writer->durable_file_->truncate(kPositionDigits).and_then([&] { return writer->write_durable(); });
  if (!written) return tl::unexpected(written.error());
  return writer;
}

// A full disk that cannot be waited out is an error like any other.
Result<void> SegmentWriter::stick(base::Error error) {
  if (error.code == base::ErrorCode::kDiskFull) error.code = base::ErrorCode::kIo;
  failed_ = std::move(error);
  return tl::unexpected(*failed_);
}

Result<void> SegmentWriter::append(std::span<const std::string_view> chunks, std::size_t first_line_bytes) {
  if (failed_) return tl::unexpected(*failed_);
  CRAWLSPOOL_CHECK(!chunks.empty() && first_line_bytes <= chunks.front().size());
  const std::string_view first_line = chunks.front().substr(0, first_line_bytes);
  const SyncedMark mark = mark_synced(first_line, durable_);
  std::vector<std::string_view> parts;
  parts.reserve(chunks.size() + 3);
  parts.push_back(mark.head);
  parts.push_back(first_line.substr(1, first_line_bytes - 1 - kTrailerBytes - kLineEndBytes));
  parts.push_back(mark.trailer);
  parts.push_back(chunks.front().substr(first_line_bytes));
  parts.insert(parts.end(), chunks.begin() + 1, chunks.end());
  return write_out(parts);
}

Result<void> SegmentWriter::write_out(std::span<const std::string_view> parts) {
  std::uint64_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  if (!has_room(bytes, 0)) return base::fail(base::ErrorCode::kDiskFull, "spool.keep_free_bytes reached");
  preallocate_for(bytes);
  const auto written = write_fully(*segment_, end_ - begin_, parts);
  if (written) {
    end_ += bytes;
    return {};
  }
  if (written.error().code != base::ErrorCode::kDiskFull) return stick(written.error());
  if (auto cut = cut_back_to(end_); !cut) return cut;
  return tl::unexpected(written.error());
}

// The cut is on the disk before the same lines are written again.
Result<void> SegmentWriter::cut_back_to(Position position) {
  const auto cut = segment_->truncate(position - begin_).and_then([&] { return segment_->sync(); });
  if (!cut) return stick(cut.error());
  end_ = position;
  allocated_end_ = position;  // ftruncate gave the preallocation back
  return {};
}

Result<void> SegmentWriter::sync(IfFull if_full) {
  if (failed_) return tl::unexpected(*failed_);
  const auto synced = segment_->sync_data();
  if (!synced && synced.error().code == base::ErrorCode::kDiskFull && if_full == IfFull::kCutBack) {
    if (auto cut = cut_back_to(durable_); !cut) return cut;
    return synced;
  }
  if (!synced) return stick(synced.error());
  durable_ = end_;
  if (auto written = write_durable(); !written) return stick(written.error());
  return {};
}

Result<void> SegmentWriter::write_durable() {
  const std::string digits = position_digits(durable_);
  const std::string_view parts[] = {digits};
  return write_fully(*durable_file_, 0, parts);
}

Result<void> SegmentWriter::probe() {
  if (failed_) return tl::unexpected(*failed_);
  const auto proved = write_durable().and_then([&] { return durable_file_->sync_data(); });
  if (!proved && proved.error().code != base::ErrorCode::kDiskFull) return stick(proved.error());
  return proved;
}

Result<void> SegmentWriter::close() {
  if (auto synced = sync(IfFull::kFail); !synced) return synced;
  const auto closed = segment_->truncate(end_ - begin_).and_then([&] { return segment_->sync(); });
  if (!closed) return stick(closed.error());
  allocated_end_ = end_;
  return {};
}

std::uint64_t SegmentWriter::free_bytes() {
  return directory_.free_bytes().value_or(0) + (std::max(allocated_end_, end_) - end_);
}

bool SegmentWriter::has_room(std::uint64_t bytes, std::uint64_t margin) {
  return keep_free_bytes_ == 0 || free_bytes() >= keep_free_bytes_ + bytes + margin;
}

// Ahead of need, in large steps: an fdatasync that also has to allocate blocks costs more than twice as much. Not on a
// disk where the step itself would be felt; a failure is no error, writing then allocates.
void SegmentWriter::preallocate_for(std::uint64_t bytes) {
  if (end_ + bytes <= allocated_end_) return;
  const std::uint64_t length = bytes + kPreallocateBytes;
  if (directory_.free_bytes().value_or(0) < keep_free_bytes_ + 8 * length) return;
  if (segment_->preallocate(end_ - begin_, length)) allocated_end_ = end_ + length;
}

}  // namespace crawlspool::spool
