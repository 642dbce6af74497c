#include "daemon/auth/pace.h"

#include <gtest/gtest.h>

namespace crawlspool::auth {
namespace {

constexpr std::int64_t kSecond = 1'000'000;

TEST(Pace, HasNoLimitAtZero) {
  Pace pace(0);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pace.take(1'000'000'000, 0), 0);
}

TEST(Pace, TakesASecondsWorthAtOnce) {
  Pace pace(10);
  EXPECT_EQ(pace.take(10, 0), 0);
  EXPECT_EQ(pace.take(1, 0), kSecond / 10);
  EXPECT_EQ(pace.wait_us(kSecond / 10), 0);
}

TEST(Pace, LetsThroughItsRateOverTime) {
  Pace pace(100);
  std::int64_t now = 0;
  for (int i = 0; i < 1100; ++i) now += pace.take(1, now);
  EXPECT_EQ(now, 10 * kSecond);  // the first hundred at once
}

TEST(Pace, WaitsAnHourAtMostAfterOneLargeBatch) {
  Pace pace(1);
  EXPECT_LE(pace.take(UINT64_MAX, 0), 3600 * kSecond);
  EXPECT_LE(pace.take(UINT64_MAX, 0), 3600 * kSecond);
}

}  // namespace
}  // namespace crawlspool::auth
