#include "daemon/net/timer.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

using test::run_until;

constexpr std::uint64_t kNeverMs = 1'000'000;

TEST(Timer, IsCalledOnceUnlessItRepeats) {
  Loop loop;
  int once = 0;
  int often = 0;
  Timer single(loop, [&] { ++once; });
  Timer repeating(loop, [&] { ++often; });
  single.start(1);
  repeating.start(1, 1);
  EXPECT_TRUE(run_until(loop, [&] { return often >= 5; }));
  EXPECT_EQ(once, 1);
}

TEST(Timer, TheEarlierOfTwoIsCalledFirst) {
  Loop loop;
  std::string calls;
  Timer later(loop, [&] { calls += 'b'; });
  Timer earlier(loop, [&] { calls += 'a'; });
  later.start(20);
  earlier.start(1);
  EXPECT_TRUE(run_until(loop, [&] { return calls.size() == 2; }));
  EXPECT_EQ(calls, "ab");
}

TEST(Timer, StartingAgainReplacesWhatWasSet) {
  Loop loop;
  int calls = 0;
  Timer timer(loop, [&] { ++calls; });
  timer.start(kNeverMs);
  timer.start(1);
  EXPECT_TRUE(run_until(loop, [&] { return calls == 1; }));
}

TEST(Timer, AStoppedOneIsNotCalled) {
  Loop loop;
  int calls = 0;
  int later = 0;
  Timer stopped(loop, [&] { ++calls; });
  Timer after(loop, [&] { ++later; });
  stopped.start(1);
  after.start(2);
  stopped.stop();
  EXPECT_TRUE(run_until(loop, [&] { return later == 1; }));
  EXPECT_EQ(calls, 0);
}

TEST(Timer, OwnerMayDieInItsOwnCallback) {
  Loop loop;
  int calls = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    ++calls;
    timer.reset();
  });
  timer->start(0, 1);
  EXPECT_TRUE(run_until(loop, [&] { return timer == nullptr; }));
  test::run_turns(loop, 5);
  EXPECT_EQ(calls, 1);
}

TEST(Timer, OwnerMayDieInACallbackOfTheSameTurn) {
  Loop loop;
  std::unique_ptr<Timer> first;
  std::unique_ptr<Timer> second;
  int calls = 0;
  const auto on_due = [&] {
    ++calls;
    first.reset();
    second.reset();
  };
  first = std::make_unique<Timer>(loop, [&] { on_due(); });
  second = std::make_unique<Timer>(loop, [&] { on_due(); });
  first->start(0);
  second->start(0);
  EXPECT_TRUE(run_until(loop, [&] { return calls > 0; }));
  test::run_turns(loop, 3);
  EXPECT_EQ(calls, 1);
}

TEST(Timer, OwnerMayDieBeforeTheLoopRuns) {
  Loop loop;
  Timer(loop, [] { FAIL() << "its owner is gone"; }).start(0);
  test::run_turns(loop, 3);
}

}  // namespace
}  // namespace crawlspool::net
