#include "daemon/server/drain.h"

#include <algorithm>
#include <utility>

namespace crawlspool::server {
namespace {

constexpr std::int64_t kCutBeforeEndMs = 1000;

}  // namespace

Drain::Drain(IoThreads& threads, std::int64_t drain_ms, std::function<void()> on_done, std::function<void()> on_timeout)
    : threads_(threads),
      drain_ms_(drain_ms),
      on_done_(std::move(on_done)),
      cut_(threads.first().loop(), [this] { threads_.on_each([](ingest::IoLoop& loop) { loop.cut_finished(); }); }),
      timeout_(threads.first().loop(), std::move(on_timeout)) {}

void Drain::begin() {
  const std::int64_t cut_ms = drain_ms_ - std::min(drain_ms_ / 4, kCutBeforeEndMs);
  cut_.start(static_cast<std::uint64_t>(cut_ms));
  timeout_.start(static_cast<std::uint64_t>(drain_ms_));
  threads_.drain([this] {
    cut_.stop();
    on_done_();  // the time-out goes on: what is left to do may still take too long
  });
}

}  // namespace crawlspool::server
