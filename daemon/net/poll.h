// Watches one descriptor on a loop's thread. The descriptor is not owned; it is closed after this object is gone.
// A watcher of the readiness itself, not a stream: whoever owns the socket decides when, how much and into what to
// read, so that one buffer serves all connections and a connection that is not read is still seen to end.
#pragma once

#include "daemon/base/error.h"
#include "daemon/net/handle.h"
#include "daemon/net/loop.h"

namespace crawlspool::net {

struct Interest {
  bool readable = false;
  bool writable = false;
  bool hangup = false;  // the peer has shut its sending side (POLLRDHUP)
  bool operator==(const Interest&) const = default;
};

struct Ready {
  bool readable = false;
  bool writable = false;
  bool hangup = false;
  bool broken = false;  // the socket is in error; nothing is watched any more
};

class PollHandler {
 public:
  virtual void on_ready(Ready ready) = 0;

 protected:
  ~PollHandler() = default;
};

class Poll {
 public:
  // Returns kIo where the descriptor cannot be watched. The handler outlives the watcher.
  [[nodiscard]] static base::Result<Poll> open(Loop& loop, int fd, PollHandler& handler);

  // Level-triggered. With no interest at all not even an error is noticed.
  void watch(Interest interest);

 private:
  Poll() = default;

  HandlePtr<uv_poll_s> handle_;
  Interest interest_;
};

}  // namespace crawlspool::net
