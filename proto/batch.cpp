#include "proto/batch.h"

#include <algorithm>

namespace crawlspool::proto {

std::optional<std::string_view> BatchReader::next() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) return line;
  }
  return std::nullopt;
}

std::uint64_t count_records(std::string_view batch, std::uint64_t enough) {
  BatchReader reader(batch);
  std::uint64_t count = 0;
  while (count < enough && reader.next()) ++count;
  return count;
}

}  // namespace crawlspool::proto
