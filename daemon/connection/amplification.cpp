#include "daemon/connection/amplification.h"

#include <algorithm>
#include <utility>

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kSweepMs = 1000;

}  // namespace

std::int64_t AmplificationLedger::Debt::left(std::int64_t now_ms) const {
  const std::int64_t paid_ms = std::max<std::int64_t>(0, now_ms - at_ms);
  return paid_ms > bytes / kCreditBytesAMs ? 0 : bytes - paid_ms * kCreditBytesAMs;
}

std::int64_t AmplificationLedger::Debt::wait_ms(std::int64_t now_ms) const {
  const std::int64_t beyond = left(now_ms) - kCreditBytesMax;
  return beyond <= 0 ? 0 : (beyond + kCreditBackBytes + kCreditBytesAMs - 1) / kCreditBytesAMs;
}

AmplificationLedger::Debt& AmplificationLedger::debt_of(const base::MachineKey& machine, std::int64_t now_ms) {
  if (const auto known = debts_.find(machine); known != debts_.end()) return known->second;
  if (debts_.size() >= kMachinesMax && now_ms - swept_ms_ >= kSweepMs) {
    swept_ms_ = now_ms;
    std::erase_if(debts_, [now_ms](const auto& entry) { return entry.second.left(now_ms) == 0; });
  }
  return debts_.size() < kMachinesMax ? debts_[machine] : others_;
}

std::int64_t AmplificationLedger::overdraw(const base::MachineKey& machine, std::uint64_t bytes, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  Debt& debt = debt_of(machine, now_ms);
  debt = {debt.left(now_ms) + static_cast<std::int64_t>(bytes), now_ms};
  return debt.wait_ms(now_ms);
}

std::int64_t AmplificationLedger::wait_ms(const base::MachineKey& machine, std::int64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  const auto known = debts_.find(machine);
  if (known != debts_.end()) return known->second.wait_ms(now_ms);
  return debts_.size() < kMachinesMax ? 0 : others_.wait_ms(now_ms);
}

std::size_t AmplificationLedger::machines() const {
  const std::lock_guard lock(mutex_);
  return debts_.size();
}

std::uint64_t AmplificationCredit::take_overdraft(std::size_t held_wire_bytes) {
  bytes_ = std::min(bytes_, AmplificationLedger::kCreditBytesMax + static_cast<std::int64_t>(held_wire_bytes * max_));
  return bytes_ >= 0 ? 0 : static_cast<std::uint64_t>(-std::exchange(bytes_, 0));
}

}  // namespace crawlspool::connection
