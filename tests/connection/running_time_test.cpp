#include "daemon/connection/running_time.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kGapMs = RunningTime::kGapMs;
constexpr std::int64_t kCountedMs = RunningTime::kCountedMs;

class RunningTimeTest : public ::testing::Test {
 protected:
  std::int64_t after_ms(std::int64_t ms) {
    clock.advance_ms(ms);
    return time.now_ms();
  }

  test::ManualClock clock;
  RunningTime time{clock};
};

TEST_F(RunningTimeTest, GoesOnWithTheClock) {
  const std::int64_t begin = time.now_ms();
  EXPECT_EQ(after_ms(100), begin + 100);
  EXPECT_EQ(after_ms(kGapMs), begin + 100 + kGapMs);
}

TEST_F(RunningTimeTest, LeavesAGapOutForWhoeverLooksFirst) {
  const std::int64_t begin = time.now_ms();
  EXPECT_EQ(after_ms(60'000), begin + kCountedMs);
  EXPECT_EQ(after_ms(50), begin + kCountedMs + 50);
}

TEST_F(RunningTimeTest, IsNeverLessThanBefore) {
  std::int64_t last = time.now_ms();
  for (const std::int64_t ms : {0L, 2900L, kGapMs + 1, 0L, 100L, 10'000'000L, 1L, kGapMs, kGapMs + 1, 99L}) {
    const std::int64_t now = after_ms(ms);
    EXPECT_GE(now, last) << ms;
    last = now;
  }
}

TEST_F(RunningTimeTest, EachGapIsSkipped) {
  const std::int64_t begin = time.now_ms();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(after_ms(kGapMs + 1), begin + (i + 1) * kCountedMs);
}

}  // namespace
}  // namespace crawlspool::connection
