#include "daemon/spool/layout.h"

#include <charconv>

namespace crawlspool::spool {
namespace {

constexpr std::string_view kSealedSuffix = ".ndjson";
constexpr std::string_view kOpenSuffix = ".ndjson.open";

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
  return position_digits(name.position) + std::string(name.kind == SegmentKind::kOpen ? kOpenSuffix : kSealedSuffix);
}

std::optional<SegmentName> parse_segment_file_name(std::string_view file) {
  if (file.size() < kPositionDigits) return std::nullopt;
  const auto position = parse_position_digits(file.substr(0, kPositionDigits));
  const std::string_view suffix = file.substr(kPositionDigits);
  if (!position || (suffix != kOpenSuffix && suffix != kSealedSuffix)) return std::nullopt;
  return SegmentName{*position, suffix == kOpenSuffix ? SegmentKind::kOpen : SegmentKind::kSealed};
}

}  // namespace crawlspool::spool
