#include "daemon/spool/write/segment_facts.h"

#include <algorithm>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/spool/read/segment_list.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::size_t kBlockBytes = 64 * 1024;
constexpr std::uint64_t kLookBackBytes = 64ULL * 1024 * 1024;
constexpr std::size_t kHeadBytes = 128;  // a line's ts is within its first bytes
constexpr std::string_view kTimestampKey = "\"ts\":\"";

// Returns where the line begins that ends at `end`, without looking further back than kLookBackBytes.
std::optional<std::uint64_t> line_start(ByteSource& source, std::uint64_t end) {
  std::string block;
  std::uint64_t behind = end - 1;  // not the line's own end
  while (behind > 0 && end - behind < kLookBackBytes) {
    block.resize(std::min<std::uint64_t>(kBlockBytes, behind));
    const auto n = source.read_at(behind - block.size(), block);
    if (!n) return std::nullopt;
    const std::size_t at = block.rfind('\n');
    if (at != std::string::npos) return behind - block.size() + at + 1;
    behind -= block.size();
  }
  return behind == 0 ? std::optional<std::uint64_t>(0) : std::nullopt;
}

std::optional<std::int64_t> timestamp_at(ByteSource& source, std::uint64_t line) {
  std::string head(kHeadBytes, '\0');
  const auto n = source.read_at(line, head);
  if (!n) return std::nullopt;
  const std::size_t key = head.find(kTimestampKey);
  if (key == std::string::npos || key + kTimestampKey.size() + base::kTimestampBytes > *n) return std::nullopt;
  return base::parse_timestamp(std::string_view(head).substr(key + kTimestampKey.size(), base::kTimestampBytes));
}

}  // namespace

std::optional<std::int64_t> first_timestamp(ByteSource& source) { return timestamp_at(source, 0); }

std::optional<std::int64_t> last_timestamp(ByteSource& source) {
  const auto size = source.size();
  if (!size || *size == 0) return std::nullopt;
  const auto start = line_start(source, *size);
  return start ? timestamp_at(source, *start) : std::nullopt;
}

Result<SegmentFacts> read_segment_facts(Directory& directory, const SegmentName& name, Position end) {
  const std::string file_name = segment_file_name(name);
  CRAWLSPOOL_TRY_AS(auto file, directory.open(file_name, OpenMode::kRead));
  CRAWLSPOOL_TRY_AS(const auto file_bytes, file->size());
  const std::uint64_t expected = end - name.position;
  CRAWLSPOOL_TRY_AS(const auto source, open_segment_source(directory, {name, file_name}, expected));
  CRAWLSPOOL_TRY_AS(const auto bytes, source->size());
  SegmentFacts facts;
  facts.name = name;
  facts.end = end;
  facts.file_bytes = file_bytes;
  facts.missing_bytes = expected - std::min(expected, bytes);
  facts.newest_us = last_timestamp(*source).value_or(0);
  return facts;
}

}  // namespace crawlspool::spool
