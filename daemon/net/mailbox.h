// Takes work for a loop from other threads; done in order, on the loop's thread.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "daemon/net/async.h"
#include "daemon/net/loop.h"

namespace crawlspool::net {

class Mailbox {
 public:
  using Work = std::function<void()>;

  explicit Mailbox(Loop& loop) : async_(loop, [this] { run_all(); }) {}

  // Call it from any thread, for as long as this object lives. The work is not done before the post has left this
  // object alone: it may be what ends it.
  void post(Work work);

 private:
  void run_all();

  std::mutex mutex_;
  std::vector<Work> waiting_;
  Async async_;
};

}  // namespace crawlspool::net
