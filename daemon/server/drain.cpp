#include "daemon/server/drain.h"

#include <algorithm>
#include <utility>

namespace crawlspool::server {
namespace {

constexpr std::int64_t kCutBeforeEndMs = 1000;
constexpr std::uint64_t kCutAgainMs = 100;  // what is ending has that long to send its last words
constexpr std::int64_t kBeyondMs = 100;
constexpr std::int64_t kBeyondMsMax = 3000;  // within what the service manager is asked for

}  // namespace

Drain::Drain(connection::IoThreads& threads, std::int64_t drain_ms, Hooks hooks)
    : threads_(threads),
      drain_ms_(drain_ms),
      hooks_(std::move(hooks)),
      cut_(threads.first().loop(), [this] { cut(); }),
      timeout_(threads.first().loop(), [this] { time_is_over(); }) {}

void Drain::begin() {
  const std::int64_t cut_ms = drain_ms_ - std::min(drain_ms_ / 4, kCutBeforeEndMs);
  cut_.start(static_cast<std::uint64_t>(cut_ms), kCutAgainMs);
  timeout_.start(static_cast<std::uint64_t>(drain_ms_));
  threads_.drain([this] {
    cut_.stop();
    hooks_.on_done();  // the time-out goes on: what is left to do may still take too long
  });
}

void Drain::cut() {
  threads_.on_each([](connection::IoLoop& loop) {
    loop.sources().for_each([](connection::Source& source) { source.on_drain_end(); });
  });
}

// The first time this may have come together with the cut, where the process did not run for a while.
void Drain::time_is_over() {
  const bool may_go_on = beyond_ms_ == 0 || hooks_.disk_answers();
  if (!may_go_on || beyond_ms_ >= kBeyondMsMax) return hooks_.on_timeout();
  beyond_ms_ += kBeyondMs;
  timeout_.start(static_cast<std::uint64_t>(kBeyondMs));
}

}  // namespace crawlspool::server
