#include "daemon/intake/reject_allowance.h"

#include <algorithm>

namespace crawlspool::intake {
namespace {

constexpr std::int64_t kForgetEveryUs = 1'000'000;

}  // namespace

bool RejectAllowance::take(const base::MachineKey& machine, std::int64_t now_us) {
  std::int64_t& full_at_us = full_at_us_of(machine, now_us);
  const std::int64_t one_less_us = std::max(full_at_us, now_us) + kRefillUs;
  if (one_less_us - now_us > kBurst * kRefillUs) return false;
  full_at_us = one_less_us;
  return true;
}

std::int64_t& RejectAllowance::full_at_us_of(const base::MachineKey& machine, std::int64_t now_us) {
  if (newest_full_at_us_ != nullptr && newest_ == machine) return *newest_full_at_us_;
  auto known = full_at_us_.find(machine);
  if (known == full_at_us_.end()) {
    if (full_at_us_.size() >= kMachinesMax && now_us >= forget_at_us_) {
      forget_at_us_ = now_us + kForgetEveryUs;
      newest_full_at_us_ = nullptr;
      std::erase_if(full_at_us_, [now_us](const auto& entry) { return entry.second <= now_us; });
    }
    if (full_at_us_.size() >= kMachinesMax) return others_full_at_us_;
    known = full_at_us_.emplace(machine, 0).first;
  }
  newest_ = machine;
  newest_full_at_us_ = &known->second;
  return *newest_full_at_us_;
}

}  // namespace crawlspool::intake
