#include "daemon/server/liveness_check.h"

#include <gtest/gtest.h>

#include <thread>

#include "daemon/net/loop.h"
#include "tests/net/run_until.h"

namespace crawlspool::server {
namespace {

constexpr std::int64_t kFiveMinutesUs = 5LL * 60 * 1'000'000;

class LivenessCheckTest : public testing::Test {
 protected:
  void turn(net::Loop& loop) { net::test::run_turns(loop, 2); }

  net::Loop first;
  net::Loop second;
  net::Mailbox to_first{first};
  net::Mailbox to_second{second};
  std::int64_t busy_us = 0;
  LivenessCheck liveness{{&to_first, &to_second}, [this] { return busy_us; }};
};

TEST_F(LivenessCheckTest, PassesWhileEveryLoopAnswers) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(liveness.passes());
    turn(first);
    turn(second);
  }
}

TEST_F(LivenessCheckTest, FailsWhileOneLoopDoesNotAnswerAndPassesOnceItDoes) {
  ASSERT_TRUE(liveness.passes());
  turn(first);
  EXPECT_FALSE(liveness.passes());
  turn(first);
  EXPECT_FALSE(liveness.passes());
  turn(second);
  EXPECT_TRUE(liveness.passes());
  EXPECT_FALSE(liveness.passes());  // that one has asked again
}

TEST_F(LivenessCheckTest, ACallToTheDiskMayTakeFiveMinutes) {
  for (const auto& [us, alive] :
       {std::pair(kFiveMinutesUs - 1, true), {kFiveMinutesUs, false}, {std::int64_t{0}, true}}) {
    busy_us = us;
    EXPECT_EQ(liveness.passes(), alive) << us;
    turn(first);
    turn(second);
  }
}

TEST_F(LivenessCheckTest, AnAnswerAfterItsEndHarmsNobody) {
  {
    EXPECT_TRUE(LivenessCheck({&to_first}, [] { return std::int64_t{0}; }).passes());
  }
  turn(first);
}

}  // namespace
}  // namespace crawlspool::server
