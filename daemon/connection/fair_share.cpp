#include "daemon/connection/fair_share.h"

#include <algorithm>

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kDebtMax = 8 * static_cast<std::int64_t>(FairShare::kQuantum);
constexpr std::uint64_t kSweepTicks = 16;

}  // namespace

FairShare::Member::Member(FairShare& share, base::ConnectionId id, const base::MachineKey& machine)
    : share_(share), id_(id), address_(share.addresses_[machine]), tick_(share.ticks_) {
  ++address_.members;
}

bool FairShare::is_light(const Member& member) const {
  return halved(member.charged_, ticks_ - member.tick_) <= kLightConnectionMax && is_light(member.address_);
}

void FairShare::charge(Member& member, std::uint64_t cost) const {
  member.charged_ = halved(member.charged_, ticks_ - member.tick_) + cost;
  member.tick_ = ticks_;
  Address& address = member.address_;
  address.charged = halved(address.charged, ticks_ - address.tick) + cost;
  address.tick = ticks_;
  address.deficit = std::max(address.deficit - static_cast<std::int64_t>(cost), -kDebtMax);
}

void FairShare::add(Member& member) {
  if (member.is_waiting_) return;
  member.is_waiting_ = true;
  ++waiting_;
  ++added_;
  Address& address = member.address_;
  const bool light = halved(member.charged_, ticks_ - member.tick_) <= kLightConnectionMax;
  (light ? address.light : address.heavy).push_back(member.id_);
  if (address.is_in_rotation) return;
  address.is_in_rotation = true;
  address.deficit = std::min<std::int64_t>(address.deficit, 0) + static_cast<std::int64_t>(kQuantum);
  rotation_.insert(is_light(address) ? rotation_.begin() : rotation_.end(), &address);
}

base::ConnectionId FairShare::take_one(Address& address) {
  const bool from_heavy = address.light.empty() || (address.heavy_is_next && !address.heavy.empty());
  address.heavy_is_next = !from_heavy;
  std::deque<base::ConnectionId>& from = from_heavy ? address.heavy : address.light;
  const base::ConnectionId id = from.front();
  from.pop_front();
  return id;
}

// Ends: each time round brings every address a quantum nearer to what it owes, and that is bounded.
std::optional<base::ConnectionId> FairShare::next() {
  while (!rotation_.empty()) {
    Address& address = *rotation_.front();
    if (address.light.empty() && address.heavy.empty()) {
      address.is_in_rotation = false;
      rotation_.pop_front();
    } else if (address.deficit <= 0) {
      address.deficit += static_cast<std::int64_t>(kQuantum);
      rotation_.splice(rotation_.end(), rotation_, rotation_.begin());
    } else {
      --waiting_;
      return take_one(address);
    }
  }
  return std::nullopt;
}

void FairShare::tick() {
  ++ticks_;
  if (ticks_ % kSweepTicks != 0) return;
  std::erase_if(addresses_, [this](const auto& entry) {
    const Address& address = entry.second;
    return address.members == 0 && !address.is_in_rotation && halved(address.charged, ticks_ - address.tick) == 0;
  });
}

}  // namespace crawlspool::connection
