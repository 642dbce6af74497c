#include "daemon/net/turn_end.h"

#include <gtest/gtest.h>

#include <memory>

#include "daemon/net/mailbox.h"
#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

using test::run_until;

TEST(TurnEnd, ComesAfterAllThatWasReady) {
  Loop loop;
  std::string calls;
  Mailbox mailbox(loop);
  Async async(loop, [&] { calls += 'b'; });
  const TurnEnd turn_end(loop, [&] { calls += '.'; });
  mailbox.post([&] { calls += 'a'; });
  async.send();
  EXPECT_TRUE(
      run_until(loop, [&] { return calls.find('a') != std::string::npos && calls.find('b') != std::string::npos; }));
  EXPECT_TRUE(calls.ends_with(".ab.") || calls.ends_with(".ba.")) << calls;
}

TEST(TurnEnd, DoesNotKeepTheLoopAlive) {
  Loop loop;
  const TurnEnd turn_end(loop, [] {});
  loop.run();
}

TEST(TurnEnd, OwnerMayDieInItsOwnCallback) {
  Loop loop;
  int calls = 0;
  std::unique_ptr<TurnEnd> turn_end;
  turn_end = std::make_unique<TurnEnd>(loop, [&] {
    ++calls;
    turn_end.reset();
  });
  test::run_turns(loop, 5);
  EXPECT_EQ(calls, 1);
}

TEST(TurnEnd, OwnerMayDieBeforeTheLoopRuns) {
  Loop loop;
  {
    const TurnEnd turn_end(loop, [] { FAIL() << "its owner is gone"; });
  }
  test::run_turns(loop, 3);
}

}  // namespace
}  // namespace crawlspool::net
