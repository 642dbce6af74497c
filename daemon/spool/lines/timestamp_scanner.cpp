#include "daemon/spool/lines/timestamp_scanner.h"

#include <algorithm>
#include <optional>

#include "daemon/base/clock.h"

namespace crawlspool::spool {
namespace {

constexpr std::string_view kTimestampKey = "\"ts\":\"";
constexpr std::string_view kSyncedKey = "\"synced\":";
constexpr std::string_view kPattern = "0000-00-00T00:00:00.000000Z";
static_assert(kPattern.size() == base::kTimestampBytes);
constexpr std::size_t kPositionDigitsMax = 20;
// Holds `{`, the synced mark, a comma, ts and its closing quote.
constexpr std::size_t kHeadBytes =
    1 + kSyncedKey.size() + kPositionDigitsMax + 1 + kTimestampKey.size() + kPattern.size() + 1;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool fits_pattern(char c, char pattern) { return pattern == '0' ? is_digit(c) : c == pattern; }

// `head` may reach into the next line, since no part of what is looked for is a line's end.
std::optional<std::string_view> timestamp_of(std::string_view head) {
  if (!head.starts_with('{')) return std::nullopt;
  head.remove_prefix(1);
  if (head.starts_with(kSyncedKey)) {
    head.remove_prefix(kSyncedKey.size());
    const auto* const behind = std::find_if_not(head.begin(), head.end(), is_digit);
    if (behind == head.end() || *behind != ',') return std::nullopt;
    head.remove_prefix(static_cast<std::size_t>(behind - head.begin()) + 1);
  }
  if (!head.starts_with(kTimestampKey)) return std::nullopt;
  head.remove_prefix(kTimestampKey.size());
  if (head.size() <= kPattern.size() || head[kPattern.size()] != '"') return std::nullopt;
  if (!std::equal(kPattern.begin(), kPattern.end(), head.begin(),
                  [](char pattern, char c) { return fits_pattern(c, pattern); }))
    return std::nullopt;
  return head.substr(0, kPattern.size());
}

}  // namespace

void TimestampRange::take(std::string_view timestamp) {
  if (least.empty() || timestamp < least) least = timestamp;
  if (timestamp > greatest) greatest = timestamp;
}

bool TimestampScanner::feed(std::string_view piece, const Visit& visit) {
  for (std::size_t at = 0;;) {
    if (in_line_) {
      const std::size_t end = piece.find('\n', at);
      if (end == std::string_view::npos) break;
      at = end + 1;
      in_line_ = false;
    }
    if (head_.empty()) line_offset_ = fed_ + at;
    std::string_view head = piece.substr(at, kHeadBytes - head_.size());
    if (!head_.empty() || head.size() < kHeadBytes) head = head_.append(head);
    const auto timestamp = timestamp_of(head);
    if (timestamp && !visit(line_offset_, *timestamp)) return false;
    if (!timestamp && head.size() < kHeadBytes && head.find('\n') == std::string_view::npos) break;
    head_.clear();  // which held no line's end before this piece: the line's own is still ahead
    in_line_ = true;
  }
  fed_ += piece.size();
  return true;
}

}  // namespace crawlspool::spool
