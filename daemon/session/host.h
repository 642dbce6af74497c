// Declares what one loop does for the sessions of its connections. Used on the loop's thread, but for post().
#pragma once

#include <functional>

#include "daemon/session/question.h"

namespace crawlspool::session {

class SessionClaims;

class SessionHost {
 public:
  // Runs `task` on the loop's thread. From any thread.
  virtual void post(std::function<void()> task) = 0;
  [[nodiscard]] virtual SessionClaims& session_claims() = 0;

  // The committer answers the question once everything that the loop took in before is synced.
  virtual void ask(SessionQuestion question) = 0;
  // Calls back once everything that the loop took in before is synced.
  virtual void after_all(std::function<void()> callback) = 0;
  // A connection that was granted the session takes in nothing more for it.
  virtual void end_session(spool::SessionKey session) = 0;

  // Informs the connection, if it is still there, that another one has claimed its session.
  virtual void give_up_session(base::ConnectionId connection) = 0;
  // Brings the connection, if it is still there, the answer to its question.
  virtual void bring_answer(const SessionQuestion& question) = 0;

 protected:
  ~SessionHost() = default;
};

}  // namespace crawlspool::session
