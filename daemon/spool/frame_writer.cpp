#include "daemon/spool/frame_writer.h"

#include <algorithm>
#include <cerrno>

#include "daemon/spool/frame_layout.h"
#include "daemon/spool/line_scanner.h"

namespace crawlspool::spool {
namespace {

using base::fail_errno;
using base::Result;

constexpr std::uint64_t kBlockBytes = 256 * 1024;
constexpr std::uint64_t kFrameBytesMinMax = kFrameContentBytesMax - kLineBytesMax;

}  // namespace

Result<Frames> FrameWriter::write_all() {
  const auto size = content_.size();
  if (!size) return tl::unexpected(size.error());
  Frames frames;
  std::uint64_t begin = 0;
  do {
    const auto end = find_frame_end(begin, *size);
    if (!end) return tl::unexpected(end.error());
    auto frame = write_frame(begin, *end);
    if (!frame) return tl::unexpected(frame.error());
    frames.push_back(std::move(*frame));
    begin = *end;
  } while (begin < *size);
  return frames;
}

Result<std::uint64_t> FrameWriter::find_frame_end(std::uint64_t begin, std::uint64_t size) {
  const std::uint64_t least = std::clamp<std::uint64_t>(options_.frame_bytes_min, 1, kFrameBytesMinMax);
  if (size - begin <= least) return size;
  const std::uint64_t limit = std::min(size, begin + least + kLineBytesMax);
  for (std::uint64_t at = begin + least - 1; at < limit;) {
    const auto block = read_block(at, limit);
    if (!block) return tl::unexpected(block.error());
    const std::size_t line_end = block->find('\n');
    if (line_end != std::string_view::npos) return at + line_end + 1;
    at += block->size();
  }
  return limit;
}

Result<Frame> FrameWriter::write_frame(std::uint64_t begin, std::uint64_t end) {
  Frame frame{begin_ + begin, end - begin, written_, 0, TimestampRange{}};
  TimestampScanner scanner;
  std::string packed;
  encoder_.begin(end - begin);
  std::uint64_t at = begin;
  do {
    const auto block = read_block(at, end);
    if (!block) return tl::unexpected(block.error());
    at += block->size();
    static_cast<void>(scanner.feed(*block, [&frame](std::uint64_t, std::string_view timestamp) {
      frame.timestamps->take(timestamp);
      return true;
    }));
    const auto added = encoder_.add(*block, at == end, packed).and_then([&] { return write_out(packed); });
    if (!added) return tl::unexpected(added.error());
  } while (at < end);
  frame.file_bytes = written_ - frame.offset;
  return frame;
}

Result<std::string_view> FrameWriter::read_block(std::uint64_t begin, std::uint64_t end) {
  if (options_.stop && options_.stop()) return fail_errno("packing", ECANCELED);
  block_.resize(std::min(kBlockBytes, end - begin));
  const auto n = content_.read_at(begin, block_);
  if (!n) return tl::unexpected(n.error());
  if (*n < block_.size()) return fail_errno("packing: the segment has become shorter", EIO);
  return std::string_view(block_);
}

Result<void> FrameWriter::write_out(std::string& packed) {
  const std::string_view parts[] = {packed};
  if (auto written = write_fully(file_, written_, parts); !written) return written;
  written_ += packed.size();
  packed.clear();
  if (written_ - synced_ < options_.sync_every_bytes) return {};
  synced_ = written_;
  return file_.sync_data();
}

}  // namespace crawlspool::spool
