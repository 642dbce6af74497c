#include "cli/bench/budget.h"

#include <gtest/gtest.h>

#include <limits>

namespace crawlspool::bench {
namespace {

constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
constexpr std::int64_t kStart = 1'000'000;

TEST(Budget, SendsTheRecordsOnceWhereNoTimeIsAskedFor) {
  Budget budget({.records_min = 10, .duration_min_us = 0, .duration_max_us = 1000}, kStart);
  EXPECT_EQ(budget.left(kStart), 10U);
  budget.sent(4);
  EXPECT_EQ(budget.left(kStart + 1), 6U);
  budget.sent(8);  // a batch may go beyond
  EXPECT_EQ(budget.left(kStart + 2), 0U);
  EXPECT_EQ(budget.sent_records(), 12U);
}

TEST(Budget, GoesOnUntilTheTimeIsOver) {
  Budget budget({.records_min = 10, .duration_min_us = 100, .duration_max_us = 1000}, kStart);
  budget.sent(50);
  EXPECT_EQ(budget.left(kStart + 99), kAny);
  EXPECT_EQ(budget.left(kStart + 100), 0U);
}

TEST(Budget, EndsAtItsLimitWithRecordsLeft) {
  Budget budget({.records_min = 10, .duration_min_us = 100, .duration_max_us = 1000}, kStart);
  budget.sent(3);
  EXPECT_EQ(budget.left(kStart + 999), 7U);
  EXPECT_EQ(budget.left(kStart + 1000), 0U);
}

TEST(Budget, ItsShareIsThatOfWhatItWaitsFor) {
  Budget budget({.records_min = 10, .duration_min_us = 100, .duration_max_us = 1000}, kStart);
  EXPECT_DOUBLE_EQ(budget.share(kStart), 0);
  budget.sent(5);
  EXPECT_DOUBLE_EQ(budget.share(kStart + 20), 0.2);   // the time
  EXPECT_DOUBLE_EQ(budget.share(kStart + 80), 0.5);   // the records
  EXPECT_DOUBLE_EQ(budget.share(kStart + 900), 0.9);  // the limit
  EXPECT_DOUBLE_EQ(budget.share(kStart + 2000), 1);
}

}  // namespace
}  // namespace crawlspool::bench
