#include "daemon/net/async.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

using test::run_until;

TEST(Async, WakesALoopThatWaitsFromAnotherThread) {
  Loop loop;
  std::thread::id called_on;
  Async async(loop, [&] { called_on = std::this_thread::get_id(); });
  std::thread other([&] { async.send(); });
  EXPECT_TRUE(run_until(loop, [&] { return called_on != std::thread::id{}; }));
  other.join();
  EXPECT_EQ(called_on, std::this_thread::get_id());
}

TEST(Async, ASendAfterACallBringsAnother) {
  Loop loop;
  int calls = 0;
  Async async(loop, [&] { ++calls; });
  for (int i = 1; i <= 10; ++i) {
    async.send();
    ASSERT_TRUE(run_until(loop, [&] { return calls == i; }));
  }
}

TEST(Async, NoSendIsLostWhoeverSends) {
  Loop loop;
  std::atomic<int> sent = 0;
  int seen = 0;
  Async async(loop, [&] { seen = sent.load(); });
  std::vector<std::thread> senders;
  senders.reserve(4);
  for (int i = 0; i < 4; ++i) {
    senders.emplace_back([&] {
      for (int n = 0; n < 2000; ++n) {
        sent.fetch_add(1);
        async.send();
      }
    });
  }
  EXPECT_TRUE(run_until(loop, [&] { return seen == 8000; }));
  for (std::thread& sender : senders) sender.join();
}

TEST(Async, OwnerMayDieInItsOwnCallback) {
  Loop loop;
  int calls = 0;
  std::unique_ptr<Async> async;
  async = std::make_unique<Async>(loop, [&] {
    ++calls;
    async.reset();
  });
  async->send();
  EXPECT_TRUE(run_until(loop, [&] { return async == nullptr; }));
  test::run_turns(loop, 3);
  EXPECT_EQ(calls, 1);
}

TEST(Async, OwnerMayDieBetweenSendAndCall) {
  Loop loop;
  {
    Async async(loop, [] { FAIL() << "its owner is gone"; });
    async.send();
  }
  test::run_turns(loop, 3);
}

}  // namespace
}  // namespace crawlspool::net
