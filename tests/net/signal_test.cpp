#include "daemon/net/signal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <memory>

#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

using test::run_until;

TEST(Signal, IsDeliveredOnTheLoop) {
  Loop loop;
  int calls = 0;
  const Signal signal(loop, SIGUSR1, [&] { ++calls; });
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  EXPECT_EQ(calls, 0) << "not in the handler";
  EXPECT_TRUE(run_until(loop, [&] { return calls == 1; }));
}

TEST(Signal, OwnerMayDieInItsOwnCallback) {
  Loop loop;
  std::unique_ptr<Signal> signal;
  signal = std::make_unique<Signal>(loop, SIGUSR1, [&] { signal.reset(); });
  ASSERT_EQ(::kill(::getpid(), SIGUSR1), 0);
  EXPECT_TRUE(run_until(loop, [&] { return signal == nullptr; }));
}

TEST(Signal, WritingToAPeerThatIsGoneIsAnErrorOfTheWrite) {
  set_up_signals();
  test::Pair pair = test::local_pair();
  pair.theirs.reset();
  EXPECT_EQ(::write(pair.ours.get(), "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
}

}  // namespace
}  // namespace crawlspool::net
