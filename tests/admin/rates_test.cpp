#include "daemon/admin/rates.h"

#include <gtest/gtest.h>

namespace crawlspool::admin {
namespace {

constexpr std::int64_t kStartUs = 5'000'000;

TEST(Rates, AreAveragesSinceTheLastTime) {
  Rates rates(kStartUs);
  const auto first = rates.since_last({600, 12'000'000, 6, kStartUs + 60'000'000});
  EXPECT_EQ(first.records, 10);
  EXPECT_EQ(first.megabytes, 0.2);
  EXPECT_EQ(first.rejects, 0.1);
  const auto second = rates.since_last({601, 12'000'000, 6, kStartUs + 62'000'000});
  EXPECT_EQ(second.records, 0.5);
  EXPECT_EQ(second.megabytes, 0);
  EXPECT_EQ(second.rejects, 0);
}

TEST(Rates, AreNothingWhereNoTimeHasPassed) {
  Rates rates(kStartUs);
  EXPECT_EQ(rates.since_last({600, 1, 6, kStartUs}).records, 0);
}

}  // namespace
}  // namespace crawlspool::admin
