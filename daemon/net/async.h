// Wakes a loop from another thread. Several sends before the loop turns may bring one call.
#pragma once

#include <functional>

#include "daemon/net/handle.h"
#include "daemon/net/loop.h"

namespace crawlspool::net {

class Async {
 public:
  Async(Loop& loop, std::function<void()> on_wake);

  void send();  // from any thread, for as long as this object lives

 private:
  std::function<void()> on_wake_;
  HandlePtr<uv_async_s> handle_;
};

}  // namespace crawlspool::net
