#include "daemon/base/clock.h"

#include <charconv>
#include <chrono>
#include <ctime>

namespace crawlspool::base {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;

std::int64_t read_clock_us(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return static_cast<std::int64_t>(t.tv_sec) * kUsPerSecond + t.tv_nsec / 1000;
}

// Writes `digits` decimal digits of `value` at `out`.
void put_digits(char* out, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i) {
    out[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

std::int64_t SystemClock::monotonic_us() const { return read_clock_us(CLOCK_MONOTONIC); }
std::int64_t SystemClock::wall_us() const { return read_clock_us(CLOCK_REALTIME); }

void format_timestamp(std::int64_t wall_us, char (&out)[kTimestampBytes]) {
  using std::chrono::days;
  using std::chrono::floor;
  const std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds{wall_us}};
  const auto day = floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  put_digits(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  out[4] = '-';
  put_digits(out + 5, static_cast<unsigned>(date.month()), 2);
  out[7] = '-';
  put_digits(out + 8, static_cast<unsigned>(date.day()), 2);
  out[10] = 'T';
  put_digits(out + 11, static_cast<unsigned>(clock.hours().count()), 2);
  out[13] = ':';
  put_digits(out + 14, static_cast<unsigned>(clock.minutes().count()), 2);
  out[16] = ':';
  put_digits(out + 17, static_cast<unsigned>(clock.seconds().count()), 2);
  out[19] = '.';
  put_digits(out + 20, static_cast<unsigned>(clock.subseconds().count()), 6);
  out[26] = 'Z';
}

std::string format_timestamp(std::int64_t wall_us) {
  char text[kTimestampBytes];
  format_timestamp(wall_us, text);
  return {text, kTimestampBytes};
}

std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00.000000Z";
  if (text.size() != kShape.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !is_digit : text[i] != kShape[i]) return std::nullopt;
  }
  const auto number = [text](std::size_t at, std::size_t digits) {
    unsigned value = 0;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  namespace chrono = std::chrono;
  const chrono::year_month_day date{chrono::year(static_cast<int>(number(0, 4))), chrono::month(number(5, 2)),
                                    chrono::day(number(8, 2))};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59 || number(17, 2) > 59) return std::nullopt;
  const auto time = chrono::sys_days(date) + chrono::hours(number(11, 2)) + chrono::minutes(number(14, 2)) +
                    chrono::seconds(number(17, 2)) + chrono::microseconds(number(20, 6));
  return chrono::duration_cast<chrono::microseconds>(time.time_since_epoch()).count();
}

}  // namespace crawlspool::base
