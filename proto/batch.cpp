#include "proto/batch.h"

#include <algorithm>
#include <cstring>

namespace crawlspool::proto {
namespace {

constexpr std::uint64_t kEightLineEnds = 0x0a0a0a0a0a0a0a0aU;

// How many bytes at the front of `text` are blank lines, of which a run of bare line ends goes eight at a time.
std::size_t blank_bytes(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    std::uint64_t eight = 0;
    for (; at + sizeof eight <= text.size(); at += sizeof eight) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if (eight != kEightLineEnds) break;
    }
    if (at == text.size()) break;
    if (text[at] == '\n')
      ++at;
    else if (text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n')
      at += 2;
    else
      break;
  }
  return at;
}

}  // namespace

bool BatchReader::skip_blank_lines() {
  const std::size_t blank = blank_bytes(rest_.substr(0, kSkipBytesMax));
  rest_.remove_prefix(blank);
  if (rest_ == "\r") rest_ = {};  // the last line, without its end
  return blank < kLongRunBytes && !rest_.empty();
}

std::optional<std::string_view> BatchReader::next() {
  if (rest_.empty()) return std::nullopt;
  if ((rest_.front() == '\n' || rest_.front() == '\r') && !skip_blank_lines()) return std::nullopt;
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::uint64_t count_records(std::string_view batch, std::uint64_t enough) {
  BatchReader reader(batch);
  std::uint64_t count = 0;
  while (count < enough && reader.rest_bytes() > 0)
    if (reader.next()) ++count;
  return count;
}

}  // namespace crawlspool::proto
