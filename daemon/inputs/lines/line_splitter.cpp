#include "daemon/inputs/lines/line_splitter.h"

#include <algorithm>
#include <utility>

#include "daemon/base/grow_text.h"
#include "daemon/base/text.h"
#include "proto/frame_decoder.h"

namespace crawlspool::lines {
namespace {

constexpr std::size_t kFirstPartialBytes = 1024;

std::string_view without_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

// Keeps of a record no more than shows that it is too long.
void LineSplitter::keep(std::string_view bytes) {
  const std::size_t room = record_bytes_max_ + 1 - std::min<std::size_t>(partial_.size(), record_bytes_max_ + 1);
  const std::string_view kept = bytes.substr(0, room);
  base::grow_text(partial_, partial_.size() + kept.size() + proto::FrameDecoder::kPaddingBytes, kFirstPartialBytes,
                  record_bytes_max_ + 1 + proto::FrameDecoder::kPaddingBytes);
  partial_ += kept;
}

std::optional<std::string_view> LineSplitter::next(std::string_view& input) {
  free_returned();
  while (!input.empty()) {
    const std::size_t end = input.find('\n');
    const std::string_view piece = input.substr(0, end);
    input.remove_prefix(std::min(piece.size() + 1, input.size()));
    const bool is_whole = end != std::string_view::npos;
    if (is_skipping_) {
      is_skipping_ = !is_whole;
    } else if (partial_.empty() && is_whole) {
      if (const std::string_view line = without_return(piece); !line.empty()) return line;
    } else {
      keep(piece);
      const bool is_too_long = partial_.size() > record_bytes_max_ + (partial_.ends_with('\r') ? 1 : 0);
      if (!is_whole && !is_too_long) continue;
      is_skipping_ = !is_whole;
      is_handed_out_ = !without_return(partial_).empty();
      if (is_handed_out_) return without_return(partial_);
      partial_.clear();
    }
  }
  return std::nullopt;
}

std::optional<std::string_view> LineSplitter::last() {
  if (std::exchange(is_handed_out_, true) || partial_.empty()) return std::nullopt;
  const std::string_view line = without_return(partial_);
  return line.empty() ? std::nullopt : std::optional(line);
}

void LineSplitter::free_returned() {
  if (std::exchange(is_handed_out_, false)) base::free_text(partial_);
}

void LineSplitter::drop() {
  base::free_text(partial_);
  is_handed_out_ = false;
}

}  // namespace crawlspool::lines
