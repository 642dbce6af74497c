#include "daemon/spool/compressed/block_writer.h"

#include <algorithm>
#include <cerrno>

#include "daemon/spool/compressed/block_layout.h"
#include "daemon/spool/lines/line_scanner.h"

namespace crawlspool::spool {
namespace {

using base::fail_errno;
using base::Result;

constexpr std::uint64_t kPieceBytes = 256 * 1024;
constexpr std::uint64_t kBlockBytesMinMax = kBlockContentBytesMax - kLineBytesMax;

}  // namespace

Result<bool> BlockWriter::write_some() {
  if (!block_) {
    CRAWLSPOOL_TRY(begin_block());
  }
  const std::uint64_t block_end = block_->position - begin_ + block_->bytes;
  CRAWLSPOOL_TRY_AS(const auto piece, read_piece(at_, block_end));
  at_ += piece.size();
  static_cast<void>(scanner_.feed(piece, [this](std::uint64_t, std::string_view timestamp) {
    block_->timestamps->take(timestamp);
    return true;
  }));
  CRAWLSPOOL_TRY(encoder_.add(piece, at_ == block_end, compressed_).and_then([&] { return write_out(); }));
  if (at_ == block_end) end_block();
  return at_ < *size_;
}

Result<void> BlockWriter::begin_block() {
  if (!size_) {
    CRAWLSPOOL_TRY_AS(const auto size, content_.size());
    size_ = size;
  }
  CRAWLSPOOL_TRY_AS(const auto end, find_block_end(at_));
  block_ = Block{begin_ + at_, end - at_, written_, 0, TimestampRange{}};
  scanner_ = TimestampScanner{};
  encoder_.begin(block_->bytes);
  return {};
}

void BlockWriter::end_block() {
  block_->file_bytes = written_ - block_->offset;
  blocks_.push_back(std::move(*block_));
  block_.reset();
}

Result<std::uint64_t> BlockWriter::find_block_end(std::uint64_t begin) {
  const std::uint64_t least = std::clamp<std::uint64_t>(options_.block_bytes_min, 1, kBlockBytesMinMax);
  if (*size_ - begin <= least) return *size_;
  const std::uint64_t limit = std::min(*size_, begin + least + kLineBytesMax);
  for (std::uint64_t at = begin + least - 1; at < limit;) {
    CRAWLSPOOL_TRY_AS(const auto piece, read_piece(at, limit));
    const std::size_t line_end = piece.find('\n');
    if (line_end != std::string_view::npos) return at + line_end + 1;
    at += piece.size();
  }
  return limit;
}

Result<std::string_view> BlockWriter::read_piece(std::uint64_t begin, std::uint64_t end) {
  piece_.resize(std::min(kPieceBytes, end - begin));
  CRAWLSPOOL_TRY_AS(const auto n, content_.read_at(begin, piece_));
  if (n < piece_.size()) return fail_errno("compression: the segment has become shorter", EIO);
  return std::string_view(piece_);
}

Result<void> BlockWriter::write_out() {
  const std::string_view parts[] = {compressed_};
  if (auto written = write_fully(file_, written_, parts); !written) return written;
  written_ += compressed_.size();
  compressed_.clear();
  if (written_ - synced_ < options_.sync_every_bytes) return {};
  synced_ = written_;
  return file_.sync_data();
}

}  // namespace crawlspool::spool
