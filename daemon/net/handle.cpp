#include "daemon/net/handle.h"

#include <uv.h>

namespace crawlspool::net {
namespace {

template <class Handle>
void close_and_free(Handle* handle) noexcept {
  handle->data = nullptr;  // from here every callback sees "owner gone"
  uv_close(reinterpret_cast<uv_handle_t*>(handle),
           [](uv_handle_t* closed) { delete reinterpret_cast<Handle*>(closed); });
}

}  // namespace

void CloseAndFree::operator()(uv_async_s* handle) const noexcept { close_and_free(handle); }
void CloseAndFree::operator()(uv_poll_s* handle) const noexcept { close_and_free(handle); }
void CloseAndFree::operator()(uv_prepare_s* handle) const noexcept { close_and_free(handle); }
void CloseAndFree::operator()(uv_signal_s* handle) const noexcept { close_and_free(handle); }
void CloseAndFree::operator()(uv_timer_s* handle) const noexcept { close_and_free(handle); }

}  // namespace crawlspool::net
