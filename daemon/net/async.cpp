#include "daemon/net/async.h"

#include <uv.h>

#include "daemon/base/check.h"

namespace crawlspool::net {

Async::Async(Loop& loop, std::function<void()> on_wake) : on_wake_(std::move(on_wake)) {
  auto handle = std::make_unique<uv_async_t>();
  CRAWLSPOOL_CHECK(uv_async_init(loop.raw(), handle.get(), [](uv_async_t* h) {
                     if (auto* self = static_cast<Async*>(h->data)) self->on_wake_();
                   }) == 0);
  handle->data = this;
  handle_.reset(handle.release());
}

void Async::send() { uv_async_send(handle_.get()); }

}  // namespace crawlspool::net
