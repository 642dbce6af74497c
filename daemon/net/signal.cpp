#include "daemon/net/signal.h"

#include <uv.h>

#include <csignal>

#include "daemon/base/check.h"

namespace crawlspool::net {

Signal::Signal(Loop& loop, int number, std::function<void()> on_signal) : on_signal_(std::move(on_signal)) {
  auto handle = std::make_unique<uv_signal_t>();
  CRAWLSPOOL_CHECK(uv_signal_init(loop.raw(), handle.get()) == 0);
  handle->data = this;
  const auto on_raised = [](uv_signal_t* h, int) {
    if (auto* self = static_cast<Signal*>(h->data)) self->on_signal_();
  };
  CRAWLSPOOL_CHECK(uv_signal_start(handle.get(), on_raised, number) == 0);
  handle_.reset(handle.release());
}

void ignore_write_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace crawlspool::net
