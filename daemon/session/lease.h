// Holds one connection's lease on the session that it writes to: requested, then granted or refused, then released.
// Lives on the loop's thread.
#pragma once

#include <string>

#include "daemon/session/lease_request.h"

namespace crawlspool::session {

class LeaseTable;

class Lease {
 public:
  // `table`, the loop's, outlives it.
  explicit Lease(LeaseTable& table) : table_(table) {}
  ~Lease() { release(); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  // The reply comes by Source::on_session().
  void request(base::ConnectionId connection, spool::SessionKey session, spool::SessionOwner owner,
               const base::MachineKey& machine);
  // Returns false if `answered` is not the request under way. A refused lease stays until its release.
  [[nodiscard]] bool take_reply(const LeaseRequest& answered);
  // Nothing more is taken in under it.
  void release();

  [[nodiscard]] bool is_requested() const { return stage_ == Stage::kRequested; }

 private:
  enum class Stage { kNone, kRequested, kRefused, kGranted };

  LeaseTable& table_;
  Stage stage_ = Stage::kNone;
  spool::SessionKey session_ = 0;
  LeaseNumber lease_ = 0;
};

// Says why a lease was not granted.
[[nodiscard]] std::string refusal_detail(const LeaseRequest& refused, std::uint64_t sessions_max);

}  // namespace crawlspool::session
