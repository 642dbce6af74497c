#include "daemon/net/mailbox.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/net/run_until.h"

namespace crawlspool::net {
namespace {

using test::run_until;

TEST(Mailbox, PostsOfManyThreadsAllRunInEachThreadsOrder) {
  constexpr int kThreads = 4;
  constexpr int kPosts = 2000;
  Loop loop;
  Mailbox mailbox(loop);
  std::vector<std::vector<int>> ran(kThreads);
  int total = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int n = 0; n < kPosts; ++n) {
        mailbox.post([&, t, n] {
          ran[static_cast<std::size_t>(t)].push_back(n);
          ++total;
        });
      }
    });
  }
  EXPECT_TRUE(run_until(loop, [&] { return total == kThreads * kPosts; }));
  for (std::thread& thread : threads) thread.join();
  for (const std::vector<int>& of_one : ran) {
    ASSERT_EQ(of_one.size(), static_cast<std::size_t>(kPosts));
    for (int n = 0; n < kPosts; ++n) ASSERT_EQ(of_one[static_cast<std::size_t>(n)], n);
  }
}

TEST(Mailbox, WorkRunsOnTheLoopsThread) {
  Loop loop;
  Mailbox mailbox(loop);
  std::thread::id ran_on;
  std::thread other([&] { mailbox.post([&] { ran_on = std::this_thread::get_id(); }); });
  EXPECT_TRUE(run_until(loop, [&] { return ran_on != std::thread::id{}; }));
  other.join();
  EXPECT_EQ(ran_on, std::this_thread::get_id());
}

TEST(Mailbox, WorkMayPostMoreWork) {
  Loop loop;
  Mailbox mailbox(loop);
  std::string ran;
  mailbox.post([&] {
    mailbox.post([&] { ran += 'c'; });
    ran += 'a';
  });
  mailbox.post([&] { ran += 'b'; });
  EXPECT_TRUE(run_until(loop, [&] { return ran.size() == 3; }));
  EXPECT_EQ(ran, "abc");
}

TEST(Mailbox, OwnerMayDieInItsOwnWork) {
  Loop loop;
  auto mailbox = std::make_unique<Mailbox>(loop);
  bool ran = false;
  mailbox->post([&] {
    mailbox.reset();
    ran = true;
  });
  EXPECT_TRUE(run_until(loop, [&] { return ran; }));
}

TEST(Mailbox, WorkThatWaitsWhenItsOwnerDiesIsFreedUndone) {
  Loop loop;
  auto held = std::make_shared<int>(0);
  {
    Mailbox mailbox(loop);
    mailbox.post([held] { ++*held; });
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
  test::run_turns(loop, 3);
  EXPECT_EQ(*held, 0);
}

}  // namespace
}  // namespace crawlspool::net
