// Carries what one loop's sources and the committer say to each other of sessions, and what other loops ask of this
// one. Owns the table of the loop's leases.
#pragma once

#include <functional>
#include <utility>

#include "daemon/commit/appender.h"
#include "daemon/connection/source_table.h"
#include "daemon/net/mailbox.h"
#include "daemon/session/lease_host.h"
#include "daemon/session/lease_table.h"

namespace crawlspool::connection {

class SessionDelivery final : private session::LeaseHost {
 public:
  // All outlive it. It joins `exchange` as one more loop.
  SessionDelivery(net::Mailbox& mailbox, commit::Appender& appender, const SourceTable& sources,
                  session::LeaseExchange& exchange);

  [[nodiscard]] session::LeaseTable& leases() override { return leases_; }
  // Brings the source, if it is still there, the reply to its request. A lease that was granted to one who has left
  // meanwhile ends at once.
  void deliver(const session::LeaseRequest& answered) override;

 private:
  void post(std::function<void()> task) override { mailbox_.post(std::move(task)); }
  void submit(session::LeaseRequest request) override { appender_.request_lease(std::move(request)); }
  void after_all(std::function<void()> callback) override { appender_.after_all(std::move(callback)); }
  void end_session(spool::SessionKey session) override { appender_.end_session(session); }
  void revoke(base::ConnectionId connection) override;

  net::Mailbox& mailbox_;
  commit::Appender& appender_;
  const SourceTable& sources_;
  session::LeaseTable leases_;
};

}  // namespace crawlspool::connection
