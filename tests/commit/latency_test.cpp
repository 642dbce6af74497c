#include "daemon/commit/latency.h"

#include <gtest/gtest.h>

namespace crawlspool::commit {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr double kStep = 1.016;  // a bucket's width: the answer is never lower and at most this much higher

TEST(Latency, WithoutRecordsIsZero) {
  Latency latency;
  EXPECT_EQ(latency.quantile_ms(0.99, 0), 0);
  EXPECT_EQ(latency.quantile_ms(0.99, 100 * kSecond), 0);
}

TEST(Latency, NamesATimeThatTheShareDidNotExceed) {
  for (std::int64_t us = 1; us < 1000 * kSecond; us = us * 3 + 1) {
    Latency latency;
    latency.add(us, 1, 0);
    for (const double quantile : {0.01, 0.5, 0.99, 1.0}) {
      const double ms = latency.quantile_ms(quantile, 0);
      EXPECT_GE(ms * 1000, static_cast<double>(us) * 0.999999) << us;
      EXPECT_LE(ms * 1000, static_cast<double>(us) * kStep * 1.000001) << us;
    }
  }
}

TEST(Latency, WeighsByRecords) {
  Latency latency;
  latency.add(1000, 990, 0);
  latency.add(100'000, 10, 0);
  EXPECT_LT(latency.quantile_ms(0.99, 0), 1.0 * kStep * 1.000001);
  EXPECT_GE(latency.quantile_ms(0.991, 0), 100.0);
  EXPECT_GE(latency.quantile_ms(1.0, 0), 100.0);
}

TEST(Latency, ForgetsWhatIsOlderThanAboutAMinute) {
  Latency latency;
  latency.add(1000, 1, 31 * kSecond);
  EXPECT_GT(latency.quantile_ms(0.5, 60 * kSecond), 0);
  EXPECT_GT(latency.quantile_ms(0.5, 90 * kSecond), 0);
  EXPECT_EQ(latency.quantile_ms(0.5, 130 * kSecond), 0);
  latency.add(1000, 1, 131 * kSecond);
  EXPECT_EQ(latency.quantile_ms(0.5, 1000 * kSecond), 0);  // after a long silence at once
}

TEST(Latency, TakesAnyWait) {
  Latency latency;
  latency.add(-5, 1, 0);
  latency.add(0, 1, 0);
  EXPECT_GT(latency.quantile_ms(1.0, 0), 0);
  EXPECT_LT(latency.quantile_ms(1.0, 0), 0.01);
  latency.add(INT64_MAX, 1, 0);
  EXPECT_GT(latency.quantile_ms(1.0, 0), 1000.0);
}

}  // namespace
}  // namespace crawlspool::commit
