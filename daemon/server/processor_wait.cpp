#include "daemon/server/processor_wait.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace crawlspool::server {
namespace {

constexpr std::uint64_t kJudgedOverNs = 4'000'000;

}  // namespace

ProcessorWait::ProcessorWait() : file_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {
  last_ = read().value_or(Times{});
}

bool ProcessorWait::is_contended() {
  const auto now = read();
  if (!now) return false;
  const std::uint64_t ran_ns = now->ran_ns - last_.ran_ns;
  const std::uint64_t waited_ns = now->waited_ns - last_.waited_ns;
  if (ran_ns + waited_ns < kJudgedOverNs) return false;
  last_ = *now;
  return waited_ns > ran_ns;
}

// "RAN WAITED TIMESLICES"
std::optional<ProcessorWait::Times> ProcessorWait::read() const {
  std::array<char, 96> text{};
  const ssize_t bytes = ::pread(file_.get(), text.data(), text.size(), 0);
  if (bytes <= 0) return std::nullopt;
  const char* const end = text.data() + bytes;
  Times times;
  const auto ran = std::from_chars(text.data(), end, times.ran_ns);
  if (ran.ec != std::errc{} || ran.ptr == end) return std::nullopt;
  const auto waited = std::from_chars(ran.ptr + 1, end, times.waited_ns);
  if (waited.ec != std::errc{}) return std::nullopt;
  return times;
}

}  // namespace crawlspool::server
