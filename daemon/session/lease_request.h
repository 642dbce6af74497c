// Declares the request for the lease on a session: the right of one connection or HTTP request to write to it. The
// committer replies once everything taken in for the session before is synced.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "daemon/base/connection_id.h"
#include "daemon/base/endpoint.h"
#include "daemon/spool/lines/sessions.h"

namespace crawlspool::session {

// Numbers the leases of a process, rising: the latest lease on a session is its writer's.
using LeaseNumber = std::uint64_t;

struct LeaseReply {
  enum class Verdict {
    kGranted,
    kOtherClient,  // the session is known under another client's name
    kOtherUser,    // or belongs to another user
    kTooMany,      // it is new, and the table has no place for it
  };
  Verdict verdict = Verdict::kGranted;
  bool known = false;          // the server remembers it
  std::uint64_t last_seq = 0;  // acknowledged and synced
  std::uint64_t rejected = 0;  // of its records
};

struct LeaseRequest {
  base::ConnectionId connection = 0;
  LeaseNumber lease = 0;
  spool::SessionKey session = 0;
  spool::SessionOwner owner;
  base::MachineKey machine;
  LeaseReply reply{};
};

// Returns why a session that `known` has been writing to is not for `asking`; nothing if it is. A session without a
// client's name, or without a user, is for whoever has its secret, and is theirs from then on.
[[nodiscard]] inline std::optional<LeaseReply::Verdict> refusal_of(const spool::SessionOwner& known,
                                                                   const spool::SessionOwner& asking) {
  if (!known.client.empty() && known.client != asking.client) return LeaseReply::Verdict::kOtherClient;
  if (!known.user.empty() && known.user != asking.user) return LeaseReply::Verdict::kOtherUser;
  return std::nullopt;
}

}  // namespace crawlspool::session
