// Declares what one loop does for the leases of its connections. Used on the loop's thread, but for post().
#pragma once

#include <functional>

#include "daemon/session/lease_request.h"

namespace crawlspool::session {

class LeaseTable;

class LeaseHost {
 public:
  // Runs `task` on the loop's thread. From any thread.
  virtual void post(std::function<void()> task) = 0;
  [[nodiscard]] virtual LeaseTable& leases() = 0;

  // The committer replies to the request once everything that the loop took in before is synced.
  virtual void submit(LeaseRequest request) = 0;
  // Calls back once everything that the loop took in before is synced.
  virtual void after_all(std::function<void()> callback) = 0;
  // A connection whose lease was granted takes in nothing more for the session.
  virtual void end_session(spool::SessionKey session) = 0;

  // A later lease has taken the session of the connection over, if it is still there.
  virtual void revoke(base::ConnectionId connection) = 0;
  // Brings the connection, if it is still there, its request with the reply.
  virtual void deliver(const LeaseRequest& answered) = 0;

 protected:
  ~LeaseHost() = default;
};

}  // namespace crawlspool::session
