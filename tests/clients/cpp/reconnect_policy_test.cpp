#include "clients/cpp/reconnect_policy.h"

#include <gtest/gtest.h>

namespace crawlspool::client {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

TEST(ReconnectPolicy, DelaysDoubleUpToABoundAndAreJittered) {
  ReconnectPolicy policy(3'600'000, 1);
  std::int64_t bound_ms = ReconnectPolicy::kFirstDelayMs;
  for (int i = 0; i < 20; ++i) {
    const auto at = policy.failed(i, 0);
    ASSERT_TRUE(at);
    EXPECT_GE(*at - i, bound_ms * 1000 / 2);
    EXPECT_LE(*at - i, bound_ms * 1000);
    bound_ms = std::min(2 * bound_ms, ReconnectPolicy::kDelayMsMax);
  }
  EXPECT_NE(ReconnectPolicy(60'000, 1).failed(0, 0), ReconnectPolicy(60'000, 2).failed(0, 0));
}

TEST(ReconnectPolicy, WaitsAsLongAsTheServerWishes) {
  ReconnectPolicy policy(60'000, 1);
  EXPECT_EQ(policy.failed(0, 4321), 4'321'000);
}

TEST(ReconnectPolicy, GivesUpOnceTheTimeIsOver) {
  ReconnectPolicy policy(10'000, 1);
  EXPECT_TRUE(policy.failed(5 * kSecondUs, 0));
  EXPECT_TRUE(policy.failed(15 * kSecondUs - 1000, 0));
  EXPECT_FALSE(policy.failed(15 * kSecondUs, 0));
}

TEST(ReconnectPolicy, TriesALastTimeWhenTheTimeIsOver) {
  ReconnectPolicy policy(10'000, 1);
  ASSERT_TRUE(policy.failed(0, 0));
  EXPECT_EQ(policy.failed(10 * kSecondUs - 2000, 0), 10 * kSecondUs);
}

TEST(ReconnectPolicy, ProgressBeginsAnew) {
  ReconnectPolicy policy(10'000, 1);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(policy.failed(i, 0));
  policy.made_progress();
  const auto at = policy.failed(100 * kSecondUs, 0);
  ASSERT_TRUE(at);
  EXPECT_LE(*at, 100 * kSecondUs + ReconnectPolicy::kFirstDelayMs * 1000);
  EXPECT_TRUE(policy.failed(109 * kSecondUs, 0));
  EXPECT_FALSE(policy.failed(110 * kSecondUs, 0));
}

TEST(ReconnectPolicy, WithoutPatienceTheFirstFailureIsFinal) { EXPECT_FALSE(ReconnectPolicy(0, 1).failed(0, 0)); }

}  // namespace
}  // namespace crawlspool::client
