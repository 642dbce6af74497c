// Decides who may write to a session: one connection or request at a time, the one that requested its lease last. One a
// loop, on its thread; the tables ask each other through their loops' mailboxes.
//
//   request ──► every loop: older stream connections lose their lease at once, older requests finish first
//           │   (but to a request under another client's name, which is refused)
//           ──► all that they had taken in is synced ──► the committer's reply ──► Source::on_session()
//
// So a session's number is sent when nothing is on its way that could still change it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/session/lease_request.h"

namespace crawlspool::session {

class LeaseHost;

// Holds what the loops of a process share of leases. The loops are there before the first of them runs.
struct LeaseExchange {
  std::vector<LeaseHost*> loops;
  std::atomic<LeaseNumber> last_lease{0};
  std::atomic<std::uint64_t> given_up{0};  // records that clients say they will not send (`from`)
};

class LeaseTable {
 public:
  // Both outlive it.
  LeaseTable(LeaseHost& host, LeaseExchange& exchange) : host_(host), exchange_(exchange) {}

  // Requests the session's lease for the connection that asks, and returns its number.
  LeaseNumber request(LeaseRequest request);
  // Nothing more is taken in under the lease, or nobody waits for it any more. `was_granted`: its reply said so.
  void release(spool::SessionKey session, LeaseNumber lease, bool was_granted);
  // Returns the session's last number for a client that may still send `from` and what follows; what that skips is
  // counted and logged.
  [[nodiscard]] std::uint64_t last_seq(const LeaseRequest& answered, std::uint64_t from);

 private:
  struct Holder {
    LeaseNumber lease = 0;
    base::ConnectionId connection = 0;
    spool::SessionOwner owner;
  };
  struct Pending {
    LeaseRequest request;
    std::size_t loops_left = 0;
  };
  // A later lease, for which older holders here have to finish first.
  struct Takeover {
    LeaseNumber lease = 0;
    spool::SessionOwner owner;
    LeaseHost* requester = nullptr;
  };
  struct Session {
    std::vector<Holder> holders;
    std::vector<Takeover> takeovers;
  };

  void take_over(spool::SessionKey session, Takeover takeover);
  void finish_takeovers(spool::SessionKey session);
  void report_no_holder(const Takeover& takeover);
  void loop_has_no_holder(LeaseNumber lease);
  void refuse(LeaseNumber lease, LeaseReply::Verdict why);
  [[nodiscard]] static bool has_older(const Session& session, LeaseNumber lease);

  LeaseHost& host_;
  LeaseExchange& exchange_;
  std::unordered_map<spool::SessionKey, Session> sessions_;
  std::unordered_map<LeaseNumber, Pending> pending_;  // of this loop
};

}  // namespace crawlspool::session
