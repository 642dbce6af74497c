#include "daemon/spool/storage/layout.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace crawlspool::spool {
namespace {

struct KindSuffix {
  SegmentKind kind;
  std::string_view suffix;
};
constexpr std::array<KindSuffix, 3> kSuffixes{{{SegmentKind::kCompressed, ".ndjson.zst"},
                                               {SegmentKind::kSealed, ".ndjson"},
                                               {SegmentKind::kOpen, ".ndjson.open"}}};

}  // namespace

std::string position_digits(Position position) {
  std::string digits = std::to_string(position);
  return std::string(kPositionDigits - digits.size(), '0') + digits;
}

std::optional<Position> parse_position_digits(std::string_view text) {
  if (text.size() != kPositionDigits || text.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  Position position = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
  if (error != std::errc{}) return std::nullopt;
  return position;
}

std::string segment_file_name(const SegmentName& name) {
  const auto* const known =
      std::find_if(kSuffixes.begin(), kSuffixes.end(), [&](const KindSuffix& k) { return k.kind == name.kind; });
  return position_digits(name.position) + std::string(known->suffix);
}

void add_range(std::vector<ByteRange>& ranges, ByteRange range) {
  if (!ranges.empty() && ranges.back().position + ranges.back().bytes == range.position)
    ranges.back().bytes += range.bytes;
  else
    ranges.push_back(range);
}

std::string index_file_name(Position position) { return position_digits(position) + ".idx.json"; }

std::optional<SegmentName> parse_segment_file_name(std::string_view file) {
  if (file.size() < kPositionDigits) return std::nullopt;
  const auto position = parse_position_digits(file.substr(0, kPositionDigits));
  const auto* const known = std::find_if(kSuffixes.begin(), kSuffixes.end(),
                                         [&](const KindSuffix& k) { return k.suffix == file.substr(kPositionDigits); });
  if (!position || known == kSuffixes.end()) return std::nullopt;
  return SegmentName{*position, known->kind};
}

}  // namespace crawlspool::spool
