#include "daemon/net/poll.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

using test::local_pair;
using test::run_turns;
using test::run_until;

// Keeps what it was told; `then` may end the watching.
struct Told final : PollHandler {
  void on_ready(Ready ready) override {
    ++calls;
    last = ready;
    if (then) then();
  }
  int calls = 0;
  Ready last;
  std::function<void()> then;
};

TEST(Poll, InputIsToldOfUntilItIsRead) {
  Loop loop;
  Told told;
  test::Pair pair = local_pair();
  Poll poll = Poll::open(loop, pair.ours.get(), told).value();
  poll.watch({.readable = true});
  run_turns(loop, 3);
  EXPECT_EQ(told.calls, 0);
  ASSERT_EQ(::write(pair.theirs.get(), "x", 1), 1);
  EXPECT_TRUE(run_until(loop, [&] { return told.calls >= 3; })) << "level-triggered";
  EXPECT_TRUE(told.last.readable);
  EXPECT_FALSE(told.last.writable || told.last.hangup || told.last.broken);
  char byte = 0;
  ASSERT_EQ(::read(pair.ours.get(), &byte, 1), 1);
  run_turns(loop, 1);
  told.calls = 0;
  run_turns(loop, 3);
  EXPECT_EQ(told.calls, 0);
}

TEST(Poll, RoomToWriteIsToldOfOnlyWhereWanted) {
  Loop loop;
  Told told;
  const test::Pair pair = local_pair();
  Poll poll = Poll::open(loop, pair.ours.get(), told).value();
  poll.watch({.readable = true});
  run_turns(loop, 3);
  EXPECT_EQ(told.calls, 0);
  poll.watch({.readable = true, .writable = true});
  EXPECT_TRUE(run_until(loop, [&] { return told.calls > 0; }));
  EXPECT_TRUE(told.last.writable);
  EXPECT_FALSE(told.last.readable);
}

TEST(Poll, TheHangupIsToldOfWithoutReading) {
  Loop loop;
  Told told;
  const test::Pair pair = local_pair();
  Poll poll = Poll::open(loop, pair.ours.get(), told).value();
  poll.watch({.hangup = true});
  ASSERT_EQ(::write(pair.theirs.get(), "x", 1), 1);
  run_turns(loop, 3);
  EXPECT_EQ(told.calls, 0) << "input is not a hangup";
  ASSERT_EQ(::shutdown(pair.theirs.get(), SHUT_WR), 0);
  EXPECT_TRUE(run_until(loop, [&] { return told.calls > 0; }));
  EXPECT_TRUE(told.last.hangup);
  EXPECT_FALSE(told.last.readable || told.last.broken);
}

TEST(Poll, WithNoInterestNothingIsToldOf) {
  Loop loop;
  Told told;
  test::Pair pair = local_pair();
  Poll poll = Poll::open(loop, pair.ours.get(), told).value();
  poll.watch({.readable = true, .writable = true, .hangup = true});
  poll.watch({});
  ASSERT_EQ(::write(pair.theirs.get(), "x", 1), 1);
  pair.theirs.reset();
  run_turns(loop, 5);
  EXPECT_EQ(told.calls, 0);
}

TEST(Poll, AResetIsToldOfAsBroken) {
  Loop loop;
  Told told;
  test::Pair pair = test::tcp_pair();
  Poll poll = Poll::open(loop, pair.ours.get(), told).value();
  poll.watch({.readable = true});
  test::reset_connection(pair.theirs);
  EXPECT_TRUE(run_until(loop, [&] { return told.calls > 0; }));
  EXPECT_TRUE(told.last.broken);
  run_turns(loop, 3);
  EXPECT_EQ(told.calls, 1) << "nothing is watched any more";
}

TEST(Poll, OwnerMayDieInItsOwnCallback) {
  Loop loop;
  Told told;
  const test::Pair pair = local_pair();
  std::optional<Poll> poll = Poll::open(loop, pair.ours.get(), told).value();
  told.then = [&] { poll.reset(); };
  poll->watch({.writable = true});
  EXPECT_TRUE(run_until(loop, [&] { return !poll.has_value(); }));
  run_turns(loop, 3);
  EXPECT_EQ(told.calls, 1);
}

TEST(Poll, ADescriptorMayBeClosedAndItsNumberUsedAgainAtOnce) {
  Loop loop;
  Told first;
  Told second;
  test::Pair old_pair = local_pair();
  const int number = old_pair.ours.get();
  std::optional<Poll> poll = Poll::open(loop, number, first).value();
  poll->watch({.writable = true});
  poll.reset();
  old_pair.ours.reset();
  test::Pair new_pair = local_pair();
  ASSERT_EQ(new_pair.ours.get(), number);
  Poll again = Poll::open(loop, number, second).value();
  again.watch({.writable = true});
  EXPECT_TRUE(run_until(loop, [&] { return second.calls > 0; }));
  EXPECT_EQ(first.calls, 0);
}

TEST(Poll, ADescriptorThatCannotBeWatchedIsAnError) {
  Loop loop;
  Told told;
  const auto poll = Poll::open(loop, 1'000'000, told);
  ASSERT_FALSE(poll);
  EXPECT_EQ(poll.error().code, base::ErrorCode::kIo);
}

}  // namespace
}  // namespace crawlspool::net
