#include "daemon/base/clock.h"

#include <gtest/gtest.h>

namespace crawlspool::base {
namespace {

TEST(Clock, TimestampIsRfc3339InUtcWithMicroseconds) {
  EXPECT_EQ(format_timestamp(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_timestamp(1'795'147'506'123'456), "2026-11-20T04:05:06.123456Z");
  EXPECT_EQ(format_timestamp(951'782'399'999'999), "2000-02-28T23:59:59.999999Z");
  EXPECT_EQ(format_timestamp(951'782'400'000'000), "2000-02-29T00:00:00.000000Z");
}

TEST(Clock, TimestampsBefore1970AndTheLastOneAreRight) {
  EXPECT_EQ(format_timestamp(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(format_timestamp(253'402'300'799'999'999), "9999-12-31T23:59:59.999999Z");
}

TEST(Clock, TimestampsSortAsTheirTimes) {
  std::string last = format_timestamp(0);
  for (std::int64_t us = 1; us < 4'000'000'000'000'000; us = us * 2 + 7) {
    EXPECT_LT(last, format_timestamp(us));
    last = format_timestamp(us);
  }
}

TEST(Clock, MonotonicNeverGoesBack) {
  const SystemClock clock;
  std::int64_t last = clock.monotonic_us();
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t now = clock.monotonic_us();
    EXPECT_GE(now, last);
    last = now;
  }
}

}  // namespace
}  // namespace crawlspool::base
