// Holds the session that one connection writes to, from its claim to its release: awaited, then held, then given back.
// Lives on the loop's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/session/question.h"

namespace crawlspool::session {

class SessionClaims;

class SessionHold {
 public:
  // `claims`, the loop's, outlives it.
  explicit SessionHold(SessionClaims& claims) : claims_(claims) {}
  ~SessionHold() { release(); }
  SessionHold(const SessionHold&) = delete;
  SessionHold& operator=(const SessionHold&) = delete;

  // The answer comes by Connection::session_answered().
  void claim(base::ConnectionId connection, spool::SessionKey session, std::string client,
             const base::MachineKey& machine);
  // Returns false if it is not awaited, or no longer. A refused claim stays until its release.
  [[nodiscard]] bool take_answer(const SessionQuestion& question);
  // Nothing more is taken in under it.
  void release();

  [[nodiscard]] bool is_awaited() const { return stage_ == Stage::kAwaited; }

 private:
  enum class Stage { kNone, kAwaited, kRefused, kGranted };

  SessionClaims& claims_;
  Stage stage_ = Stage::kNone;
  spool::SessionKey session_ = 0;
  std::uint64_t claim_ = 0;
};

// Says why a session was not granted.
[[nodiscard]] std::string refusal_detail(const SessionQuestion& refused, std::uint64_t sessions_max);

}  // namespace crawlspool::session
