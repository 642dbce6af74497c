// Carries what one loop's sources and the committer say to each other of sessions, and what other loops ask of this
// one. Owns the loop's claims.
#pragma once

#include <functional>
#include <utility>

#include "daemon/commit/appender.h"
#include "daemon/connection/source_table.h"
#include "daemon/net/mailbox.h"
#include "daemon/session/claims.h"
#include "daemon/session/host.h"

namespace crawlspool::connection {

class SessionDelivery final : private session::SessionHost {
 public:
  // All outlive it. It joins `exchange` as one more loop.
  SessionDelivery(net::Mailbox& mailbox, commit::Appender& appender, const SourceTable& sources,
                  session::SessionExchange& exchange);

  [[nodiscard]] session::SessionClaims& claims() { return claims_; }
  // Brings the source, if it is still there, the answer to its question. A session that was granted to one who has left
  // meanwhile is nobody's.
  void bring_answer(const session::SessionQuestion& question) override;

 private:
  void post(std::function<void()> task) override { mailbox_.post(std::move(task)); }
  session::SessionClaims& session_claims() override { return claims_; }
  void ask(session::SessionQuestion question) override { appender_.ask(std::move(question)); }
  void after_all(std::function<void()> callback) override { appender_.after_all(std::move(callback)); }
  void end_session(spool::SessionKey session) override { appender_.end_session(session); }
  void give_up_session(base::ConnectionId connection) override;

  net::Mailbox& mailbox_;
  commit::Appender& appender_;
  const SourceTable& sources_;
  session::SessionClaims claims_;
};

}  // namespace crawlspool::connection
