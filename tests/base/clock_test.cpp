#include "daemon/base/clock.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(ParseTimestamp, ReadsWhatFormatWrites) {
  for (const std::int64_t us :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'795'147'506'123'456}, std::int64_t{951'782'400'000'000},
        std::int64_t{253'402'300'799'999'999}, std::int64_t{-62'135'596'800'000'000}})
    EXPECT_EQ(parse_timestamp(format_timestamp(us)), us);
  for (std::int64_t us = 1; us < 200'000'000'000'000'000; us = us * 2 + 7)
    for (const std::int64_t signed_us : {us, -us / 4})
      ASSERT_EQ(parse_timestamp(format_timestamp(signed_us)), signed_us);
}

TEST(ParseTimestamp, RefusesEachByteOfAnotherShape) {
  const std::string good = "2026-11-20T04:05:06.123456Z";
  ASSERT_TRUE(parse_timestamp(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char other : {' ', '/', ':', '-', '.', 'T', 'Z', 't', 'z', '+', '\0', 'x'}) {
      std::string bad = good;
      if (bad[at] == other) continue;
      bad[at] = other;
      EXPECT_FALSE(parse_timestamp(bad)) << bad;
    }
    EXPECT_FALSE(parse_timestamp(good.substr(0, at))) << at;
    EXPECT_FALSE(parse_timestamp(good.substr(at + 1))) << at;
  }
  EXPECT_FALSE(parse_timestamp(good + "Z"));
  EXPECT_FALSE(parse_timestamp("2026-11-20T04:05:06Z"));
  EXPECT_FALSE(parse_timestamp("2026-11-20T04:05:06.123Z"));
  EXPECT_FALSE(parse_timestamp("2026-11-20T04:05:06.123456+00:00"));
}

TEST(ParseTimestamp, RefusesTimesThatThereAreNot) {
  for (const char* text : {"2026-00-20T04:05:06.123456Z", "2026-13-20T04:05:06.123456Z", "2026-11-00T04:05:06.123456Z",
                           "2026-11-31T04:05:06.123456Z", "2026-02-29T04:05:06.123456Z", "2100-02-29T04:05:06.123456Z",
                           "2026-11-20T24:00:00.000000Z", "2026-11-20T04:60:06.123456Z", "2026-11-20T04:05:60.000000Z"})
    EXPECT_FALSE(parse_timestamp(text)) << text;
  EXPECT_TRUE(parse_timestamp("2024-02-29T23:59:59.999999Z"));
  EXPECT_TRUE(parse_timestamp("2000-02-29T00:00:00.000000Z"));
  EXPECT_EQ(parse_timestamp("2026-11-20T04:05:06.000000Z"), 1'795'147'506'000'000);
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
