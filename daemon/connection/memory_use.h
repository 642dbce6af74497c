// Charges what one connection holds to the memory for all, and says whether it may hold more. The account is that of
// the loop's records, with a share for each machine, or one of the connection's own. What is charged is given back at
// its end. Used on the loop's thread.
#pragma once

#include <cstdint>

#include "daemon/base/connection_id.h"
#include "daemon/base/endpoint.h"
#include "daemon/commit/memory_budget.h"
#include "daemon/connection/memory_shares.h"
#include "daemon/intake/batch_intake.h"

namespace crawlspool::connection {

class IoLoop;

class MemoryUse {
 public:
  // `io` outlives it.
  MemoryUse(IoLoop& io, base::ConnectionId id, const base::MachineKey& machine);
  ~MemoryUse();
  MemoryUse(const MemoryUse&) = delete;
  MemoryUse& operator=(const MemoryUse&) = delete;

  // All is charged to `own_account` from now on, which outlives the connection, and its answers are part of what it
  // holds. Called before anything is charged; nullptr changes nothing.
  void charge_to(commit::MemoryAccount* own_account) { own_account_ = own_account; }
  // Charges what it holds now, beside its answers where these are charged apart.
  void charge(std::uint64_t held_bytes);
  // Charges what its answers hold that are not sent; with an own account they are part of the above.
  void charge_answers(std::uint64_t held_bytes);

  [[nodiscard]] MemoryShares::Member& share() { return share_; }
  [[nodiscard]] const MemoryShares::Member& share() const { return share_; }
  // Whether more of a batch or body that came whole may be taken in, as things are.
  [[nodiscard]] bool may_take_in(const intake::BatchIntake& batch);
  // The same of one that is not compressed, of which so many bytes are left.
  [[nodiscard]] bool may_take_in(std::size_t plain_bytes);
  // What it has of a frame, line, batch or body is all taken in, or dropped: gives the machine's place up, so that
  // others may go on.
  void batch_done();

 private:
  IoLoop& io_;
  const base::ConnectionId id_;
  MemoryShares::Member share_;
  commit::MemoryAccount* own_account_ = nullptr;
  std::uint64_t charged_bytes_ = 0;
  std::uint64_t charged_answer_bytes_ = 0;
};

}  // namespace crawlspool::connection
