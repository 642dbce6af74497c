#include "cli/common/option_checks.h"

#include <algorithm>
#include <string_view>

#include "config/units.h"
#include "daemon/base/clock.h"
#include "proto/charsets.h"
#include "proto/names.h"

namespace crawlspool::cli {
namespace {

constexpr std::string_view kDate = "0000-00-00";
constexpr std::string_view kSeconds = "0000-00-00T00:00:00";
constexpr std::size_t kFractionDigits = 6;

// Returns the text as base::parse_timestamp takes it, with six digits of fraction; more are cut off.
std::optional<std::string> in_full(std::string text) {
  if (text.size() == kDate.size()) return text + "T00:00:00.000000Z";
  if (text.size() <= kSeconds.size() || !text.ends_with('Z')) return std::nullopt;
  text.pop_back();
  std::string fraction = text.substr(kSeconds.size());
  if (!fraction.empty() && (fraction.front() != '.' || fraction.size() == 1)) return std::nullopt;
  if (fraction.find_first_not_of("0123456789", 1) != std::string::npos) return std::nullopt;
  if (fraction.empty()) fraction += '.';
  fraction.resize(1 + kFractionDigits, '0');
  return text.substr(0, kSeconds.size()) + fraction + "Z";
}

}  // namespace

std::optional<std::int64_t> parse_since(const std::string& text, std::int64_t now_us) {
  if (const auto ago_ms = config::parse_duration_ms(text)) return *ago_ms > now_us / 1000 ? 0 : now_us - *ago_ms * 1000;
  const auto timestamp = in_full(text);
  return timestamp ? base::parse_timestamp(*timestamp) : std::nullopt;
}

std::string check_since(const std::string& text) {
  if (parse_since(text, base::SystemClock().wall_us())) return {};
  return "'" + text + "' is no duration such as 30m or 7d, and no UTC time such as 2026-11-20 or 2026-11-20T04:05:06Z";
}

std::string check_client(const std::string& text) {
  return proto::is_client_name(text) ? "" : std::string("a client's name is ") + proto::kClientNameRule;
}

std::string check_stream(const std::string& text) {
  return proto::is_stream_name(text) ? "" : std::string("a stream's name is ") + proto::kStreamNameRule;
}

std::string check_charset_of_lines(const std::string& text) {
  const auto charset = proto::find_charset(text);
  if (!charset) return "'" + text + "' is no charset that is known; it is " + std::string(proto::kCharsetRule);
  if (has_lines(*charset)) return {};
  return "in " + text + " no byte ends a line: iconv -f " + text + " -t utf-8 FILE | crawlspool send -";
}

}  // namespace crawlspool::cli
