#include "daemon/net/loop.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

TEST(Loop, RunsUntilItIsStoppedAndMayRunAgain) {
  Loop loop;
  int calls = 0;
  Timer timer(loop, [&] {
    ++calls;
    loop.stop();
  });
  timer.start(0, 1);
  loop.run();
  EXPECT_EQ(calls, 1);
  loop.run();
  EXPECT_EQ(calls, 2);
}

TEST(Loop, ReturnsAtOnceWithNothingToWaitFor) {
  Loop loop;
  loop.run();
}

TEST(Loop, EndsWithNoHandleLeftHoweverItsOwnersDied) {
  Loop loop;
  auto timer = std::make_unique<Timer>(loop, [] { FAIL() << "its owner is gone"; });
  auto async = std::make_unique<Async>(loop, [] { FAIL() << "its owner is gone"; });
  auto turn_end = std::make_unique<TurnEnd>(loop, [] { FAIL() << "its owner is gone"; });
  timer->start(0);
  async->send();
  timer.reset();
  async.reset();
  turn_end.reset();
}

TEST(LoopDeathTest, AHandleStillOwnedWhenTheLoopEndsIsABug) {
  const auto outlive = [] {
    std::unique_ptr<Timer> timer;
    Loop loop;
    timer = std::make_unique<Timer>(loop, [] {});
  };
  EXPECT_EXIT(outlive(), testing::ExitedWithCode(70), "uv_loop_close");
}

}  // namespace
}  // namespace crawlspool::net
