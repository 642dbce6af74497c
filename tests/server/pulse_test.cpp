#include "daemon/server/pulse.h"

#include <gtest/gtest.h>

#include <thread>

#include "daemon/net/loop.h"
#include "tests/net/run_until.h"

namespace crawlspool::server {
namespace {

constexpr std::int64_t kFiveMinutesUs = 5LL * 60 * 1'000'000;

class PulseTest : public testing::Test {
 protected:
  void turn(net::Loop& loop) { net::test::run_turns(loop, 2); }

  net::Loop first;
  net::Loop second;
  net::Mailbox to_first{first};
  net::Mailbox to_second{second};
  std::int64_t busy_us = 0;
  Pulse pulse{{&to_first, &to_second}, [this] { return busy_us; }};
};

TEST_F(PulseTest, IsThereWhileEveryLoopAnswers) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(pulse.check());
    turn(first);
    turn(second);
  }
}

TEST_F(PulseTest, IsGoneWhileOneLoopDoesNotAnswerAndBackOnceItDoes) {
  ASSERT_TRUE(pulse.check());
  turn(first);
  EXPECT_FALSE(pulse.check());
  turn(first);
  EXPECT_FALSE(pulse.check());
  turn(second);
  EXPECT_TRUE(pulse.check());
  EXPECT_FALSE(pulse.check());  // that one has asked anew
}

TEST_F(PulseTest, ACallToTheDiskMayTakeFiveMinutes) {
  for (const auto& [us, alive] :
       {std::pair(kFiveMinutesUs - 1, true), {kFiveMinutesUs, false}, {std::int64_t{0}, true}}) {
    busy_us = us;
    EXPECT_EQ(pulse.check(), alive) << us;
    turn(first);
    turn(second);
  }
}

TEST_F(PulseTest, AnAnswerAfterItsEndHarmsNobody) {
  {
    EXPECT_TRUE(Pulse({&to_first}, [] { return std::int64_t{0}; }).check());
  }
  turn(first);
}

}  // namespace
}  // namespace crawlspool::server
