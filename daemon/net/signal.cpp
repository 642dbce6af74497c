#include "daemon/net/signal.h"

#include <unistd.h>
#include <uv.h>

#include <csignal>

#include "daemon/base/check.h"

namespace crawlspool::net {
namespace {

volatile std::sig_atomic_t last_exit_code = 0;  // for a signal handler

}  // namespace

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

void set_up_signals() {
  for (const int ignored : {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2}) std::signal(ignored, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void end_on_stop_signals(int exit_code) {
  last_exit_code = exit_code;
  std::signal(SIGHUP, SIG_IGN);
  for (const int stop : {SIGTERM, SIGINT}) std::signal(stop, [](int) { ::_exit(last_exit_code); });
}

}  // namespace crawlspool::net
