#include "daemon/spool/line_scanner.h"

#include <algorithm>

namespace crawlspool::spool {
namespace {

constexpr std::size_t kReadBytes = 1024 * 1024;

}  // namespace

base::Result<bool> LineScanner::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t had = buffer_.size();
  buffer_.resize(had + std::max(kReadBytes, had));  // doubling: a long line costs each byte a constant number of moves
  const auto n = source_.read_at(fill_offset_, std::span(buffer_).subspan(had));
  buffer_.resize(had + n.value_or(0));
  if (!n) return tl::unexpected(n.error());
  fill_offset_ += *n;
  return *n > 0;
}

base::Result<std::optional<ScannedLine>> LineScanner::next() {
  while (true) {
    const std::string_view unread = std::string_view(buffer_).substr(begin_);
    const std::size_t end = unread.find('\n', searched_);
    if (end != std::string_view::npos) {
      const ScannedLine line{offset_, unread.substr(0, end + 1), true};
      begin_ += end + 1;
      offset_ += end + 1;
      searched_ = 0;
      return line;
    }
    searched_ = unread.size();
    const auto more = fill();
    if (!more) return tl::unexpected(more.error());
    if (*more) continue;
    if (buffer_.empty()) return std::nullopt;
    // Handed out without being consumed: it may become a line.
    return ScannedLine{offset_, buffer_, false};
  }
}

}  // namespace crawlspool::spool
