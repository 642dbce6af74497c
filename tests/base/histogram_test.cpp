#include "daemon/base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace crawlspool::base {
namespace {

TEST(Histogram, SmallTimesAreExact) {
  Histogram histogram;
  for (std::int64_t us = 1; us <= 100; ++us) histogram.add(us, 1);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.quantile_us(0.5), 50);
  EXPECT_EQ(histogram.quantile_us(0.99), 99);
  EXPECT_EQ(histogram.quantile_us(0), 1);
  EXPECT_EQ(histogram.quantile_us(1), 100);
}

TEST(Histogram, QuantilesAreNeverTooLowAndAtMostOnePart64TooHigh) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::int64_t> all;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    const auto us = static_cast<std::int64_t>(std::pow(10, std::uniform_real_distribution<>(0, 10)(random)));
    all.push_back(us);
    histogram.add(us, 1);
  }
  std::sort(all.begin(), all.end());
  for (const double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto exact = all[static_cast<std::size_t>(std::ceil(quantile * 20'000)) - 1];
    EXPECT_GE(histogram.quantile_us(quantile), exact) << quantile;
    EXPECT_LE(histogram.quantile_us(quantile), exact + exact / 64 + 1) << quantile;
  }
  EXPECT_EQ(histogram.quantile_us(1), all.back());
}

TEST(Histogram, RecordsOfOneAckCountEach) {
  Histogram histogram;
  histogram.add(10, 99);
  histogram.add(50, 0);
  histogram.add(20, 1);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.quantile_us(0.99), 10);
  EXPECT_EQ(histogram.quantile_us(0.991), 20);
}

TEST(Histogram, WhatIsOutOfRangeIsKeptAtItsEnds) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile_us(0.5), 0);
  histogram.add(-5, 1);
  EXPECT_EQ(histogram.quantile_us(1), 0);
  histogram.add(1'000'000'000'000'000, 1);
  EXPECT_EQ(histogram.quantile_us(1), 86'400'000'000);
}

TEST(Histogram, ATimeBelongsToWhatTookAtMostThat) {
  for (const std::int64_t bound : {100, 250, 1'000, 2'500, 1'000'000, 30'000'000}) {
    Histogram histogram;
    histogram.add(bound);
    EXPECT_EQ(histogram.count_up_to(bound), 1U) << bound;
    EXPECT_EQ(histogram.count_up_to(bound - bound / 64 - 1), 0U) << bound;
    histogram.add(bound + bound / 64 + 1);
    EXPECT_EQ(histogram.count_up_to(bound), 1U) << bound;
    EXPECT_EQ(histogram.count_up_to(bound + bound / 64 + 1), 2U) << bound;
  }
}

TEST(Histogram, WeighsAndSums) {
  Histogram histogram;
  histogram.add(1000, 3);
  histogram.add(500, 2);
  EXPECT_EQ(histogram.count(), 5U);
  EXPECT_DOUBLE_EQ(histogram.sum_us(), 4000);
}

TEST(Histogram, WhatIsBeyondAllTimesAskedForCountsOnlyInAll) {
  Histogram histogram;
  histogram.add(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.count_up_to(30'000'000), 0U);
  EXPECT_EQ(histogram.count(), 1U);
}

TEST(Histogram, ATimeBeforeItsBeginIsNone) {
  Histogram histogram;
  histogram.add(-5);
  EXPECT_EQ(histogram.count_up_to(0), 1U);
  EXPECT_EQ(histogram.sum_us(), 0);
}

TEST(Histogram, MergedItHoldsAllOfBoth) {
  Histogram one;
  one.add(10, 2);
  Histogram other;
  other.add(5000, 3);
  one.merge(other);
  EXPECT_EQ(one.count(), 5U);
  EXPECT_DOUBLE_EQ(one.sum_us(), 15'020);
  EXPECT_EQ(one.count_up_to(10), 2U);
  EXPECT_EQ(one.quantile_us(0.4), 10);
  EXPECT_EQ(one.quantile_us(1), 5000);
}

TEST(Histogram, TakesSixteenKilobytes) { EXPECT_LE(sizeof(Histogram), 16U * 1024); }

}  // namespace
}  // namespace crawlspool::base
