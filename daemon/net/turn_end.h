// Calls back once a turn of the loop, after everything that was ready was handled and before it waits again.
// Does not keep the loop alive or awake.
#pragma once

#include <functional>

#include "daemon/net/handle.h"
#include "daemon/net/loop.h"

namespace crawlspool::net {

class TurnEnd {
 public:
  TurnEnd(Loop& loop, std::function<void()> on_turn_end);

 private:
  std::function<void()> on_turn_end_;
  HandlePtr<uv_prepare_s> handle_;
};

}  // namespace crawlspool::net
