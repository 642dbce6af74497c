#include "config/units.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>

#include "config/model.h"
#include "daemon/base/text.h"

namespace crawlspool::config {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::uint64_t kWholeMax = std::numeric_limits<std::int64_t>::max();

struct Unit {
  std::string_view word;
  std::uint64_t factor;
};

// Largest first: printing takes the first that divides.
constexpr Unit kDurationUnits[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit kSizeUnits[] = {{"TiB", kTiB}, {"GiB", kGiB}, {"MiB", kMiB}, {"KiB", kKiB}, {"B", 1}};

struct Quantity {
  std::span<const Unit> units;
  std::string_view rule;
};
constexpr Quantity kDuration{kDurationUnits, "a duration is a whole number and ms, s, m, h or d, such as 30s"};
constexpr Quantity kSize{kSizeUnits, "a size is a whole number and B, KiB, MiB, GiB or TiB, such as 16MiB"};

tl::unexpected<base::Error> bad(std::string_view text, std::string_view why) {
  return base::fail(ErrorCode::kConfig, in_quotes(text) + " " + std::string(why));
}

Result<std::uint64_t> parse_quantity(std::string_view text, const Quantity& quantity) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view word = text.substr(digits);
  const std::string rule(quantity.rule);
  if (digits == 0) return bad(text, "is no whole number with a unit: " + rule);
  const Result<std::uint64_t> number = parse_whole(text.substr(0, digits));
  if (!number) return number;
  if (word.empty() && *number == 0) return 0;
  if (word.empty()) return bad(text, "has no unit: " + rule);
  const auto unit = std::find_if(quantity.units.begin(), quantity.units.end(),
                                 [word](const Unit& candidate) { return candidate.word == word; });
  if (unit == quantity.units.end()) return bad(text, "has an unknown unit: " + rule);
  if (*number > kWholeMax / unit->factor) return bad(text, "is too large");
  return *number * unit->factor;
}

std::string format_quantity(std::uint64_t value, const Quantity& quantity) {
  if (value == 0) return "0";
  const auto unit = std::find_if(quantity.units.begin(), quantity.units.end(),
                                 [value](const Unit& candidate) { return value % candidate.factor == 0; });
  return std::to_string(value / unit->factor) + std::string(unit->word);
}

}  // namespace

Result<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc::result_out_of_range || value > kWholeMax) return bad(text, "is too large");
  if (error != std::errc{} || stop != end) return bad(text, "is no whole number");
  // YAML 1.1 reads 010 as eight, people as ten: neither, then.
  if (text.size() > 1 && text.front() == '0') return bad(text, "has a leading zero");
  return value;
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  return parse_quantity(text, kDuration).map([](std::uint64_t ms) { return static_cast<std::int64_t>(ms); });
}

Result<std::uint64_t> parse_size(std::string_view text) { return parse_quantity(text, kSize); }

std::string format_duration(std::int64_t ms) { return format_quantity(static_cast<std::uint64_t>(ms), kDuration); }

std::string format_size(std::uint64_t bytes) { return format_quantity(bytes, kSize); }

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kShownBytes = 80;
  const std::string_view shown = base::clip(text, kShownBytes);
  return "'" + one_line(shown) + (shown.size() < text.size() ? "…'" : "'");
}

std::string one_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t bytes = std::max<std::size_t>(base::utf8_character_bytes(text), 1);
    if (text.front() == '"' || text.front() == '\\')
      out += text.front();
    else
      base::append_json_escaped(out, text.substr(0, bytes));
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace crawlspool::config
