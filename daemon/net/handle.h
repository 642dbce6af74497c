// Owns libuv's handles in C++: the C handle outlives its owner until libuv lets go of it. An owner may die at
// any time on its loop's thread; from then on its callbacks see a null `data` and do nothing. Only the loop dies last.
// The one pattern for every wrapper in this folder; <uv.h> is included in its .cpp files only.
#pragma once

#include <memory>

struct uv_async_s;
struct uv_poll_s;
struct uv_prepare_s;
struct uv_signal_s;
struct uv_timer_s;

namespace crawlspool::net {

struct CloseAndFree {
  void operator()(uv_async_s* handle) const noexcept;
  void operator()(uv_poll_s* handle) const noexcept;
  void operator()(uv_prepare_s* handle) const noexcept;
  void operator()(uv_signal_s* handle) const noexcept;
  void operator()(uv_timer_s* handle) const noexcept;
};

// Adopts a handle only after its uv_*_init has returned 0.
template <class Handle>
using HandlePtr = std::unique_ptr<Handle, CloseAndFree>;

}  // namespace crawlspool::net
