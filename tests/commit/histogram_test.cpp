#include "daemon/commit/histogram.h"

#include <gtest/gtest.h>

#include <limits>

namespace crawlspool::commit {
namespace {

TEST(Histogram, ABoundBelongsToItsBucket) {
  Histogram histogram;
  histogram.add(Histogram::kBoundsUs[3]);
  EXPECT_EQ(histogram.count_up_to(2), 0U);
  EXPECT_EQ(histogram.count_up_to(3), 1U);
  histogram.add(Histogram::kBoundsUs[3] + 1);
  EXPECT_EQ(histogram.count_up_to(3), 1U);
  EXPECT_EQ(histogram.count_up_to(4), 2U);
}

TEST(Histogram, WeighsAndSums) {
  Histogram histogram;
  histogram.add(1000, 3);
  histogram.add(500, 2);
  EXPECT_EQ(histogram.count(), 5U);
  EXPECT_DOUBLE_EQ(histogram.sum_us(), 4000);
}

TEST(Histogram, WhatIsBeyondTheLastBoundCountsOnlyInAll) {
  Histogram histogram;
  histogram.add(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(histogram.count_up_to(Histogram::kBoundsUs.size() - 1), 0U);
  EXPECT_EQ(histogram.count(), 1U);
}

TEST(Histogram, ATimeBeforeItsBeginIsNone) {
  Histogram histogram;
  histogram.add(-5);
  EXPECT_EQ(histogram.count_up_to(0), 1U);
  EXPECT_EQ(histogram.sum_us(), 0);
}

}  // namespace
}  // namespace crawlspool::commit
