#include "daemon/net/timer.h"

#include <uv.h>

#include "daemon/base/check.h"

namespace crawlspool::net {

Timer::Timer(Loop& loop, std::function<void()> on_due) : on_due_(std::move(on_due)) {
  auto handle = std::make_unique<uv_timer_t>();
  CRAWLSPOOL_CHECK(uv_timer_init(loop.raw(), handle.get()) == 0);
  handle->data = this;
  handle_.reset(handle.release());
}

void Timer::start(std::uint64_t after_ms, std::uint64_t repeat_ms) {
  const auto on_due = [](uv_timer_t* h) {
    if (auto* self = static_cast<Timer*>(h->data)) self->on_due_();
  };
  CRAWLSPOOL_CHECK(uv_timer_start(handle_.get(), on_due, after_ms, repeat_ms) == 0);
}

void Timer::stop() { uv_timer_stop(handle_.get()); }

}  // namespace crawlspool::net
