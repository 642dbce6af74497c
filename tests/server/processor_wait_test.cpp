#include "daemon/server/processor_wait.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

namespace crawlspool::server {
namespace {

void stay_on_one_processor() {
  cpu_set_t mine;
  CPU_ZERO(&mine);
  CPU_SET(static_cast<unsigned>(::sched_getcpu()), &mine);
  ASSERT_EQ(::sched_setaffinity(0, sizeof mine, &mine), 0);
}

void work_for(std::chrono::microseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < end) {
  }
}

TEST(ProcessorWait, ATenthBesideABusyThreadIsContended) {
  if (!std::filesystem::exists("/proc/thread-self/schedstat")) GTEST_SKIP() << "this kernel does not count";
  std::thread([] {
    stay_on_one_processor();
    std::atomic<bool> done{false};
    std::thread busy([&] {  // on the same processor, of ordinary priority
      while (!done) work_for(std::chrono::microseconds(100));
    });
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10);
    ProcessorWait wait;
    bool is_contended = false;
    for (int i = 0; i < 1000 && !is_contended; ++i) {
      work_for(std::chrono::microseconds(500));
      is_contended = wait.is_contended();
    }
    done = true;
    busy.join();
    EXPECT_TRUE(is_contended);
  }).join();
}

TEST(ProcessorWait, NothingIsSaidOfAMoment) {
  ProcessorWait wait;
  EXPECT_FALSE(wait.is_contended());
}

}  // namespace
}  // namespace crawlspool::server
