#include "cli/bench/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

namespace crawlspool::bench {
namespace {

TEST(LatencyHistogram, SmallTimesAreExact) {
  LatencyHistogram histogram;
  for (std::int64_t us = 1; us <= 100; ++us) histogram.add(us, 1);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.quantile_us(0.5), 50);
  EXPECT_EQ(histogram.quantile_us(0.99), 99);
  EXPECT_EQ(histogram.quantile_us(0), 1);
  EXPECT_EQ(histogram.quantile_us(1), 100);
}

TEST(LatencyHistogram, QuantilesAreNeverTooLowAndAtMostOnePart64TooHigh) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<std::int64_t> all;
  LatencyHistogram histogram;
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

TEST(LatencyHistogram, RecordsOfOneAckCountEach) {
  LatencyHistogram histogram;
  histogram.add(10, 99);
  histogram.add(50, 0);
  histogram.add(20, 1);
  EXPECT_EQ(histogram.count(), 100U);
  EXPECT_EQ(histogram.quantile_us(0.99), 10);
  EXPECT_EQ(histogram.quantile_us(0.991), 20);
}

TEST(LatencyHistogram, WhatIsOutOfRangeIsKeptAtItsEnds) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile_us(0.5), 0);
  histogram.add(-5, 1);
  EXPECT_EQ(histogram.quantile_us(1), 0);
  histogram.add(1'000'000'000'000'000, 1);
  EXPECT_EQ(histogram.quantile_us(1), 86'400'000'000);
}

}  // namespace
}  // namespace crawlspool::bench
