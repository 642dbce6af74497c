#include "daemon/net/turn_end.h"

#include <uv.h>

#include "daemon/base/check.h"

namespace crawlspool::net {

TurnEnd::TurnEnd(Loop& loop, std::function<void()> on_turn_end) : on_turn_end_(std::move(on_turn_end)) {
  auto handle = std::make_unique<uv_prepare_t>();
  CRAWLSPOOL_CHECK(uv_prepare_init(loop.raw(), handle.get()) == 0);
  handle->data = this;
  const auto on_prepare = [](uv_prepare_t* h) {
    if (auto* self = static_cast<TurnEnd*>(h->data)) self->on_turn_end_();
  };
  CRAWLSPOOL_CHECK(uv_prepare_start(handle.get(), on_prepare) == 0);
  uv_unref(reinterpret_cast<uv_handle_t*>(handle.get()));
  handle_.reset(handle.release());
}

}  // namespace crawlspool::net
