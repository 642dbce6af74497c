// Decides which sessions there may be: who is connected, who is remembered, and who has to be forgotten for a new one.
// The numbers themselves are the spool's. Used on the committer's thread only. Source: PROTOCOL.md, "Sessions".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/base/endpoint.h"
#include "daemon/session/lease_request.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::session {

class SessionRegister {
 public:
  struct Limits {
    std::uint64_t sessions_max = 0;       // 0: no limit; one machine may hold a tenth of it
    std::int64_t session_age_ms_max = 0;  // 0: no limit
  };

  // Both outlive it.
  SessionRegister(spool::Spool& spool, const Limits& limits, const base::Clock& clock)
      : spool_(spool), limits_(limits), clock_(clock) {}

  // Granted, the session is connected until ended() is called as often.
  [[nodiscard]] LeaseReply reply_to(const LeaseRequest& request);
  void ended(spool::SessionKey session);
  // A record of it is stored: it is remembered from now on.
  void brought(spool::SessionKey session);
  // Forgets what has not been used for too long. To be called now and then.
  void forget_old();

  // Under a lower limit nothing is forgotten at once: newcomers make room for themselves.
  void set_limits(const Limits& limits) { limits_ = limits; }

  [[nodiscard]] std::size_t connected() const { return connected_.size(); }

 private:
  struct Connected {
    std::uint32_t count = 0;
    spool::SessionOwner owner;
  };
  struct Candidate {
    std::int64_t last_used_us = 0;
    spool::SessionKey session = 0;
  };

  [[nodiscard]] bool has_place_for(const base::MachineKey& machine);
  [[nodiscard]] bool forget_one();
  void look_for_candidates();
  void forget(spool::SessionKey session);
  void leave_machine(const base::MachineKey& machine);

  spool::Spool& spool_;
  Limits limits_;
  const base::Clock& clock_;
  std::unordered_map<spool::SessionKey, Connected> connected_;
  std::unordered_set<spool::SessionKey> newcomers_;  // connected and not remembered yet
  // Whose each session is that came since the start, and how many those are. Older ones count for nobody.
  std::unordered_map<spool::SessionKey, base::MachineKey> machine_of_;
  std::unordered_map<base::MachineKey, std::uint64_t> by_machine_;
  std::vector<Candidate> candidates_;  // to be forgotten, the one used longest ago last
  std::int64_t look_again_us_ = 0;     // monotonic
};

}  // namespace crawlspool::session
