#include "daemon/inputs/http/http_date.h"

#include <cstdio>
#include <ctime>

namespace crawlspool::http {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;
constexpr std::int64_t kGoodMs = 1000;

}  // namespace

// By hand: strftime's names follow the locale.
std::string format_http_date(std::int64_t wall_us) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = wall_us / kUsPerSecond;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[64];
  const int bytes =
      std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[utc.tm_wday], utc.tm_mday,
                    kMonths[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return {text, static_cast<std::size_t>(bytes)};
}

std::string_view HttpDate::at(std::int64_t now_ms, const base::Clock& clock) {
  if (text_.empty() || now_ms - made_ms_ >= kGoodMs || now_ms < made_ms_) {
    text_ = format_http_date(clock.wall_us());
    made_ms_ = now_ms;
  }
  return text_;
}

}  // namespace crawlspool::http
