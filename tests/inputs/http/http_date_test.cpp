#include "daemon/inputs/http/http_date.h"

#include <gtest/gtest.h>

namespace crawlspool::http {
namespace {

constexpr std::int64_t kUsPerSecond = 1'000'000;

class StillClock final : public base::Clock {
 public:
  [[nodiscard]] std::int64_t monotonic_us() const override { return 0; }
  [[nodiscard]] std::int64_t wall_us() const override {
    ++asked;
    return wall;
  }
  std::int64_t wall = 0;
  mutable int asked = 0;
};

TEST(HttpDate, IsAsHttpWritesIt) {
  EXPECT_EQ(format_http_date(784'111'777 * kUsPerSecond), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(1'709'164'799 * kUsPerSecond), "Wed, 28 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(format_http_date(1'709'164'800 * kUsPerSecond), "Thu, 29 Feb 2024 00:00:00 GMT");
  EXPECT_EQ(format_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(HttpDate, AsksTheClockOnceASecond) {
  StillClock clock;
  HttpDate date;
  for (std::int64_t now_ms = 5000; now_ms < 6000; ++now_ms)
    EXPECT_EQ(date.at(now_ms, clock), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(clock.asked, 1);
  clock.wall = 1 * kUsPerSecond;
  EXPECT_EQ(date.at(6000, clock), "Thu, 01 Jan 1970 00:00:01 GMT");
  EXPECT_EQ(clock.asked, 2);
}

}  // namespace
}  // namespace crawlspool::http
