// A post that is held up in the middle, as by a thread that loses its processor: what it has posted may be what ends
// the mailbox, and is not done before.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "daemon/net/mailbox.h"
#include "tests/net/run_until.h"

namespace {

std::atomic<bool> holds_sends{false};
std::atomic<bool> send_is_held{false};
std::atomic<bool> goes_on{false};

}  // namespace

// The linker puts this in the place of libuv's (--wrap), by names that it makes.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" int __real_uv_async_send(struct uv_async_s* handle);
extern "C" int __wrap_uv_async_send(struct uv_async_s* handle) {
  if (holds_sends.exchange(false)) {
    send_is_held = true;
    while (!goes_on) std::this_thread::yield();
  }
  return __real_uv_async_send(handle);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace crawlspool::net {
namespace {

TEST(Mailbox, WorkIsNotDoneWhileItsPostStillSends) {
  Loop loop;
  auto mailbox = std::make_unique<Mailbox>(loop);
  std::atomic<bool> was_done{false};
  mailbox->post([] {});  // the loop is awake already
  holds_sends = true;
  std::thread poster([&] {
    mailbox->post([&] {
      EXPECT_TRUE(goes_on) << "the post still has to send";
      mailbox.reset();
      was_done = true;
    });
  });
  while (!send_is_held) std::this_thread::yield();
  std::thread release([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the delay that is planted
    goes_on = true;
  });
  EXPECT_TRUE(test::run_until(loop, [&] { return was_done.load(); }));
  poster.join();
  release.join();
}

}  // namespace
}  // namespace crawlspool::net
