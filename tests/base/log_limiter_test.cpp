#include "daemon/base/log_limiter.h"

#include <gtest/gtest.h>

namespace crawlspool::base {
namespace {

constexpr auto kBurst = kFaultRate.burst_lines;
constexpr auto kRefill = kFaultRate.refill_us;

class Limiter : public ::testing::Test {
 protected:
  // How many of so many lines pass at this moment.
  int passed(int lines, std::string_view event = "noise") {
    int count = 0;
    for (int i = 0; i < lines; ++i) count += limiter.admit(event, kFaultRate, now_us) ? 1 : 0;
    return count;
  }

  LogLimiter limiter;
  std::int64_t now_us = 1'000'000'000;
};

TEST_F(Limiter, ABurstPassesAndThenOneEachTenSeconds) {
  EXPECT_EQ(passed(100), kBurst);
  now_us += kRefill - 1;
  EXPECT_EQ(passed(100), 0);
  now_us += 1;
  EXPECT_EQ(passed(100), 1);
}

TEST_F(Limiter, ALongFloodIsSixLinesAMinute) {
  EXPECT_EQ(passed(100), kBurst);
  int count = 0;
  for (int second = 0; second < 600; ++second) {
    now_us += 1'000'000;
    count += passed(100);
  }
  EXPECT_EQ(count, 60);
}

TEST_F(Limiter, TheBurstComesBackAfterAQuietTimeAndNoMoreThanThat) {
  EXPECT_EQ(passed(100), kBurst);
  now_us += kBurst * kRefill;
  EXPECT_EQ(passed(100), kBurst);
  now_us += 100 * kBurst * kRefill;
  EXPECT_EQ(passed(100), kBurst);
}

TEST_F(Limiter, TheNextLineSaysOnceHowManyWereSuppressed) {
  EXPECT_EQ(limiter.admit("noise", kFaultRate, now_us), 0U);
  passed(kBurst - 1 + 7);
  now_us += 2 * kRefill;
  EXPECT_EQ(limiter.admit("noise", kFaultRate, now_us), 7U);
  EXPECT_EQ(limiter.admit("noise", kFaultRate, now_us), 0U);
}

TEST_F(Limiter, EachWordHasItsOwn) {
  EXPECT_EQ(passed(100, "loud"), kBurst);
  EXPECT_EQ(passed(1, "rare"), 1);
}

TEST_F(Limiter, TheLifeOfConnectionsHasALargerBurstAndTwoLinesASecond) {
  int count = 0;
  for (int i = 0; i < 1000; ++i) count += limiter.admit("hello", kLifeRate, now_us) ? 1 : 0;
  EXPECT_EQ(count, 200);
  for (int second = 0; second < 10; ++second) {
    now_us += 1'000'000;
    for (int i = 0; i < 100; ++i) count += limiter.admit("hello", kLifeRate, now_us) ? 1 : 0;
  }
  EXPECT_EQ(count, 220);
  EXPECT_FALSE(limiter.take_suppressed().front().is_fault);
}

TEST_F(Limiter, WhatNoLaterLineHasToldIsTakenOnce) {
  passed(kBurst + 5, "loud");
  passed(1, "rare");
  const auto taken = limiter.take_suppressed();
  ASSERT_EQ(taken.size(), 1U);
  EXPECT_EQ(taken[0].event, "loud");
  EXPECT_EQ(taken[0].lines, 5U);
  EXPECT_TRUE(limiter.take_suppressed().empty());
  now_us += kRefill;
  EXPECT_EQ(limiter.admit("loud", kFaultRate, now_us), 0U);
}

}  // namespace
}  // namespace crawlspool::base
