#include "daemon/connection/memory_shares.h"

namespace crawlspool::connection {

MemoryShares::Member::Member(MemoryShares& shares, base::ConnectionId id, const base::MachineKey& machine)
    : shares_(shares), id_(id), machine_(shares.machines_[machine]), key_(machine) {
  ++machine_.members;
}

MemoryShares::Member::~Member() {
  if (has_place()) machine_.place_of = 0;
  if (--machine_.members == 0) shares_.machines_.erase(key_);
}

void MemoryShares::Member::adjust(std::uint64_t& charged, std::uint64_t held) {
  machine_.held += held - charged;
  shares_.account_.adjust(charged, held);
}

void MemoryShares::Member::adjust_answers(std::uint64_t& charged, std::uint64_t held) {
  machine_.answers += held - charged;
  adjust(charged, held);
}

bool MemoryShares::Member::is_little(std::uint64_t bytes) const {
  return std::cmp_less_equal(bytes, std::max(shares_.budget_.limit() / kLittleShare, kLittleBytesMin));
}

bool MemoryShares::Member::holds_little() const { return is_little(machine_.held); }

bool MemoryShares::Member::is_within_share() const {
  return std::cmp_less_equal(machine_.held, shares_.budget_.free_to_begin());
}

// What is used beyond the accounts is memory that is about to be given back: no reason to have the small wait.
bool MemoryShares::Member::may_begin() const {
  if (holds_little()) return shares_.budget_.accounted() < shares_.budget_.limit();
  return shares_.budget_.may_begin() && is_within_share();
}

bool MemoryShares::Member::may_continue() {
  const commit::MemoryBudget& budget = shares_.budget_;
  if (holds_little()) return budget.accounted() < budget.limit();
  if (is_within_share()) return budget.may_continue();
  return takes_place() && budget.used() < budget.limit() - budget.limit() / kLeftShare;
}

bool MemoryShares::Member::may_take_in(std::size_t bytes) {
  if (bytes <= kShortBytesMax) return true;
  if (!takes_place()) return false;
  if (is_little(machine_.answers) || is_within_share()) return true;
  shares_.note_waiting(machine_);
  return false;
}

bool MemoryShares::Member::takes_place() {
  if (machine_.place_of == 0) machine_.place_of = id_;
  if (has_place()) return true;
  shares_.note_waiting(machine_);
  return false;
}

bool MemoryShares::Member::leave_place() {
  if (!has_place()) return false;
  machine_.place_of = 0;
  return is_in_the_way();
}

}  // namespace crawlspool::connection
