#include "daemon/spool/compressed/frame_writer.h"

#include <algorithm>
#include <cerrno>

#include "daemon/spool/compressed/frame_layout.h"
#include "daemon/spool/lines/line_scanner.h"

namespace crawlspool::spool {
namespace {

using base::fail_errno;
using base::Result;

constexpr std::uint64_t kBlockBytes = 256 * 1024;
constexpr std::uint64_t kFrameBytesMinMax = kFrameContentBytesMax - kLineBytesMax;

}  // namespace

Result<bool> FrameWriter::write_some() {
  if (!frame_) {
    CRAWLSPOOL_TRY(begin_frame());
  }
  const std::uint64_t frame_end = frame_->position - begin_ + frame_->bytes;
  CRAWLSPOOL_TRY_AS(const auto block, read_block(at_, frame_end));
  at_ += block.size();
  static_cast<void>(scanner_.feed(block, [this](std::uint64_t, std::string_view timestamp) {
    frame_->timestamps->take(timestamp);
    return true;
  }));
  CRAWLSPOOL_TRY(encoder_.add(block, at_ == frame_end, packed_).and_then([&] { return write_out(); }));
  if (at_ == frame_end) end_frame();
  return at_ < *size_;
}

Result<void> FrameWriter::begin_frame() {
  if (!size_) {
    CRAWLSPOOL_TRY_AS(const auto size, content_.size());
    size_ = size;
  }
  CRAWLSPOOL_TRY_AS(const auto end, find_frame_end(at_));
  frame_ = Frame{begin_ + at_, end - at_, written_, 0, TimestampRange{}};
  scanner_ = TimestampScanner{};
  encoder_.begin(frame_->bytes);
  return {};
}

void FrameWriter::end_frame() {
  frame_->file_bytes = written_ - frame_->offset;
  frames_.push_back(std::move(*frame_));
  frame_.reset();
}

Result<std::uint64_t> FrameWriter::find_frame_end(std::uint64_t begin) {
  const std::uint64_t least = std::clamp<std::uint64_t>(options_.frame_bytes_min, 1, kFrameBytesMinMax);
  if (*size_ - begin <= least) return *size_;
  const std::uint64_t limit = std::min(*size_, begin + least + kLineBytesMax);
  for (std::uint64_t at = begin + least - 1; at < limit;) {
    CRAWLSPOOL_TRY_AS(const auto block, read_block(at, limit));
    const std::size_t line_end = block.find('\n');
    if (line_end != std::string_view::npos) return at + line_end + 1;
    at += block.size();
  }
  return limit;
}

Result<std::string_view> FrameWriter::read_block(std::uint64_t begin, std::uint64_t end) {
  block_.resize(std::min(kBlockBytes, end - begin));
  CRAWLSPOOL_TRY_AS(const auto n, content_.read_at(begin, block_));
  if (n < block_.size()) return fail_errno("packing: the segment has become shorter", EIO);
  return std::string_view(block_);
}

Result<void> FrameWriter::write_out() {
  const std::string_view parts[] = {packed_};
  if (auto written = write_fully(file_, written_, parts); !written) return written;
  written_ += packed_.size();
  packed_.clear();
  if (written_ - synced_ < options_.sync_every_bytes) return {};
  synced_ = written_;
  return file_.sync_data();
}

}  // namespace crawlspool::spool
