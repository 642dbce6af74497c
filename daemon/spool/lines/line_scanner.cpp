#include "daemon/spool/lines/line_scanner.h"

#include <algorithm>

namespace crawlspool::spool {
namespace {

constexpr std::size_t kReadBytes = 1024 * 1024;
constexpr std::size_t kFirstReadBytes = 32 * 1024;  // many sources are small
// A shorter stretch may be held, NUL bytes or not.
constexpr std::size_t kHeldBytes = 4 * 1024 * 1024;

}  // namespace

// Doubles the buffer, so that a long line costs each byte a constant number of moves.
base::Result<bool> LineScanner::fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const std::size_t had = buffer_.size();
  const std::uint64_t read_bytes = fill_offset_ == offset_ ? kFirstReadBytes : kReadBytes;
  buffer_.resize(had + std::min<std::uint64_t>(std::max(read_bytes, had), line_bytes_max_ + kReadBytes - had));
  const auto n = source_.read_at(fill_offset_, std::span(buffer_).subspan(had));
  buffer_.resize(had + n.value_or(0));
  if (!n) return tl::unexpected(n.error());
  fill_offset_ += *n;
  return *n > 0;
}

// Looks at the unread part, which has no \n; it may be longer than what has been searched of it.
bool LineScanner::can_become_line() {
  const std::string_view unread = std::string_view(buffer_).substr(begin_);
  has_nul_ = has_nul_ || unread.find('\0', searched_) != std::string_view::npos;
  searched_ = unread.size();
  const bool is_too_long = unread.size() > line_bytes_max_ || (has_nul_ && unread.size() > kHeldBytes);
  return !is_too_long && (!in_pieces_ || unread.empty());
}

ScannedLine LineScanner::take(std::size_t bytes) {
  const ScannedLine line{offset_, std::string_view(buffer_).substr(begin_, bytes), true, in_pieces_};
  begin_ += bytes;
  offset_ += bytes;
  searched_ = 0;
  has_nul_ = false;
  return line;
}

base::Result<std::optional<ScannedLine>> LineScanner::next() {
  while (true) {
    const std::size_t end = buffer_.find('\n', begin_ + searched_);
    if (end != std::string::npos) {
      const ScannedLine line = take(end + 1 - begin_);
      in_pieces_ = false;
      return line;
    }
    if (!can_become_line()) {
      in_pieces_ = true;
      return take(buffer_.size() - begin_);
    }
    CRAWLSPOOL_TRY_AS(const auto more, fill());
    if (more) continue;
    if (buffer_.empty()) return std::nullopt;
    // This is handed out without being consumed: it may become a line.
    return ScannedLine{offset_, buffer_, false};
  }
}

}  // namespace crawlspool::spool
