#include "daemon/base/out_of_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <new>
#include <thread>

#include "daemon/base/log.h"

namespace crawlspool::base {
namespace {

constexpr std::size_t kReserveBytes = 1024 * 1024;
constexpr std::chrono::milliseconds kForTheOther{10};

std::atomic<char*> reserve{nullptr};  // touched by nobody: it holds addresses, and no memory
std::atomic<bool> is_leaving{false};
thread_local bool is_the_one_that_leaves = false;

LastWords words;

using Text = std::array<char, 320>;

unsigned long long limit_of(decltype(RLIMIT_AS) resource) {
  rlimit limit{};
  return ::getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY ? limit.rlim_cur : 0;
}

void describe(Text& text) {
  const auto say = [&text](const char* limit, unsigned long long bytes) {
    std::snprintf(text.data(), text.size(), "the system gives no more memory: %s is %llu bytes; %s", limit, bytes,
                  words.advice);
  };
  if (const auto address_bytes = limit_of(RLIMIT_AS); address_bytes > 0)
    say("RLIMIT_AS (LimitAS=, ulimit -v)", address_bytes);
  else if (const auto data_bytes = limit_of(RLIMIT_DATA); data_bytes > 0)
    say("RLIMIT_DATA (LimitDATA=, ulimit -d)", data_bytes);
  else
    std::snprintf(text.data(), text.size(),
                  "the system gives no more memory: look at vm.overcommit_memory, and at who has taken it");
}

// Leaves without an allocation.
[[noreturn]] void leave_with_a_line(const Text& text) {
  std::array<char, 400> line{};
  const int length = std::snprintf(line.data(), line.size(), "%s: %s\n", words.program, text.data());
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), static_cast<std::size_t>(length));
  ::_exit(words.exit_code);
}

void on_failed_new() {
  // Another thread is about to end the process, and may have made room for both by giving the reserve up.
  if (!is_the_one_that_leaves && is_leaving) return std::this_thread::sleep_for(kForTheOther);
  out_of_memory();
}

}  // namespace

void end_when_out_of_memory(const LastWords& last_words) {
  words = last_words;
  reserve = new char[kReserveBytes];
  std::set_new_handler(on_failed_new);
}

void out_of_memory() noexcept {
  Text text{};
  describe(text);
  if (is_the_one_that_leaves) leave_with_a_line(text);  // saying it takes more than there is
  if (is_leaving.exchange(true))
    while (true) std::this_thread::sleep_for(kForTheOther);
  is_the_one_that_leaves = true;
  delete[] reserve.exchange(nullptr);
  if (!log_runs()) leave_with_a_line(text);
  log_error("out_of_memory", {{"detail", text.data()}, {"exit", words.exit_code}});
  if (!flush_log_briefly()) leave_with_a_line(text);
  ::_exit(words.exit_code);
}

}  // namespace crawlspool::base
