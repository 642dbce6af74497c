// Declares the request for the lease on a session: the right of one connection or HTTP request to write to it. The
// committer replies once everything taken in for the session before is synced.
#pragma once

#include <cstdint>
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
  std::string client;
  base::MachineKey machine;
  LeaseReply reply{};
};

// Returns whether a session that `known` has been writing to is not for `asking`; a client that gave no name is nobody.
[[nodiscard]] inline bool is_other_client(const std::string& known, const std::string& asking) {
  return !known.empty() && known != asking;
}

}  // namespace crawlspool::session
