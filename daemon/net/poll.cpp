#include "daemon/net/poll.h"

#include <uv.h>

#include "daemon/base/check.h"

namespace crawlspool::net {
namespace {

void on_poll(uv_poll_t* handle, int status, int events) {
  auto* handler = static_cast<PollHandler*>(handle->data);
  if (handler == nullptr) return;
  handler->on_ready(
      {(events & UV_READABLE) != 0, (events & UV_WRITABLE) != 0, (events & UV_DISCONNECT) != 0, status < 0});
}

}  // namespace

base::Result<Poll> Poll::open(Loop& loop, int fd, PollHandler& handler) {
  auto handle = std::make_unique<uv_poll_t>();
  const int status = uv_poll_init(loop.raw(), handle.get(), fd);
  if (status != 0) return base::fail_errno("watching a socket", -status);
  handle->data = &handler;
  Poll poll;
  poll.handle_.reset(handle.release());
  return poll;
}

void Poll::watch(Interest interest) {
  if (interest == interest_) return;
  interest_ = interest;
  const int events = (interest.readable ? UV_READABLE : 0) | (interest.writable ? UV_WRITABLE : 0) |
                     (interest.hangup ? UV_DISCONNECT : 0);
  if (events == 0)
    uv_poll_stop(handle_.get());
  else
    CRAWLSPOOL_CHECK(uv_poll_start(handle_.get(), events, on_poll) == 0);
}

}  // namespace crawlspool::net
