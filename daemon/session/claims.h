// Decides who may write to a session: one connection or request at a time, the one that claimed it last. On one loop's
// thread; the loops ask each other through their mailboxes.
//
//   claim ──► every loop: older stream connections give the session up at once, older requests finish first
//         │   (but to a claim under another client's name, which is refused)
//         ──► all that they had taken in is synced ──► the committer's answer ──► Connection::session_answered()
//
// So a session's number is sent when nothing is on its way that could still change it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/session/question.h"

namespace crawlspool::session {

class SessionHost;

// Holds what the loops of a process share of sessions. The loops are there before the first of them runs.
struct SessionExchange {
  std::vector<SessionHost*> loops;
  std::atomic<std::uint64_t> last_claim{0};
  std::atomic<std::uint64_t> given_up{0};  // records that clients say they will not send (`from`)
};

class SessionClaims {
 public:
  // Both outlive it.
  SessionClaims(SessionHost& host, SessionExchange& exchange) : host_(host), exchange_(exchange) {}

  // Claims the session for the connection that asks; the claim's number is returned.
  std::uint64_t claim(SessionQuestion question);
  // Nothing more is taken in under the claim, or nobody waits for it any more. `was_granted`: its answer said so.
  void release(spool::SessionKey session, std::uint64_t claim, bool was_granted);
  // Returns the session's last number for a client that may still send `from` and what follows; what that skips is
  // counted and logged.
  [[nodiscard]] std::uint64_t last_seq(const SessionQuestion& answered, std::uint64_t from);

 private:
  struct Holder {
    std::uint64_t claim = 0;
    base::ConnectionId connection = 0;
    std::string client;
  };
  struct Waiting {
    SessionQuestion question;
    std::size_t loops_left = 0;
  };
  // Another's claim, for which older holders here have to finish first.
  struct Passage {
    std::uint64_t claim = 0;
    std::string client;
    SessionHost* claimant = nullptr;
  };
  struct Session {
    std::vector<Holder> holders;
    std::vector<Passage> passages;
  };

  void let_pass(spool::SessionKey session, Passage passage);
  void let_all_pass(spool::SessionKey session);
  void passed(const Passage& passage);
  void loop_passed(std::uint64_t claim);
  void refused(std::uint64_t claim);
  [[nodiscard]] static bool has_older(const Session& session, std::uint64_t claim);

  SessionHost& host_;
  SessionExchange& exchange_;
  std::unordered_map<spool::SessionKey, Session> sessions_;
  std::unordered_map<std::uint64_t, Waiting> waiting_;  // by claim: those of this loop
};

}  // namespace crawlspool::session
