#include "daemon/server/resident_watch.h"

#include <gtest/gtest.h>

namespace crawlspool::server {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

TEST(TrimSchedule, ComesOftenWhileItBringsMuchAndSeldomWhileItDoesNot) {
  TrimSchedule trims;
  std::int64_t now_us = 7'000'000;
  EXPECT_TRUE(trims.is_due(now_us));
  trims.trimmed(now_us, 50 * kMiB);
  EXPECT_FALSE(trims.is_due(now_us + TrimSchedule::kEveryUsMin - 1));
  EXPECT_TRUE(trims.is_due(now_us + TrimSchedule::kEveryUsMin));
  std::int64_t every_us = TrimSchedule::kEveryUsMin;
  for (int i = 0; i < 20; ++i) {
    trims.trimmed(now_us, 0);
    every_us = std::min(2 * every_us, TrimSchedule::kEveryUsMax);
    EXPECT_FALSE(trims.is_due(now_us + every_us - 1));
    EXPECT_TRUE(trims.is_due(now_us + every_us));
    now_us += every_us;
  }
  trims.trimmed(now_us, TrimSchedule::kWorthBytes);
  EXPECT_TRUE(trims.is_due(now_us + TrimSchedule::kEveryUsMin));
}

}  // namespace
}  // namespace crawlspool::server
