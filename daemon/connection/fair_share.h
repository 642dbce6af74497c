// Who is served next on a loop, so that those who bring little do not wait for those who bring much. Every turn of a
// connection is charged to it and to its machine's address; what was charged is halved with every tick. Connections
// that have input and are not served at once wait here, and are handed out address by address: each address has a
// quantum, then the next one's turn comes (deficit round robin), and pays for a turn that cost more out of its next
// ones. Of an address, connections that were charged little lately and the others take turns.
// On the loop's thread only; pure, with time as ticks.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "daemon/base/connection_id.h"
#include "daemon/base/endpoint.h"

namespace crawlspool::connection {

// Over all loops.
struct TurnCounts {
  std::atomic<std::uint64_t> deferred{0};  // turns that had to wait for another turn of their loop
};

class FairShare {
  struct Address;

 public:
  // Units of TurnBudget. A turn's reads, writes and bookkeeping cost as much whatever it brings.
  static constexpr std::uint64_t kTurnFixedCost = 8 * 1024;
  static constexpr std::uint64_t kQuantum = 512 * 1024;
  // Charged within the last ticks: one in a hundred of the loop's time for a connection, one in twenty for an address.
  static constexpr std::uint64_t kLightConnectionMax = 1024 * 1024;
  static constexpr std::uint64_t kLightAddressMax = 8 * 1024 * 1024;

  // A connection's place; it ends before the FairShare.
  class Member {
   public:
    Member(FairShare& share, base::ConnectionId id, const base::MachineKey& machine);
    ~Member() { --address_.members; }
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    [[nodiscard]] bool is_waiting() const { return is_waiting_; }

   private:
    friend class FairShare;

    FairShare& share_;
    base::ConnectionId id_;
    Address& address_;
    std::uint64_t charged_ = 0;  // as of tick_
    std::uint64_t tick_ = 0;
    bool is_waiting_ = false;
  };

  FairShare() = default;
  FairShare(const FairShare&) = delete;
  FairShare& operator=(const FairShare&) = delete;

  // Neither the connection nor its address has had much lately: it may be served before those that wait.
  [[nodiscard]] bool is_light(const Member& member) const;
  void charge(Member& member, std::uint64_t cost) const;

  // Waits from now on, if it does not yet.
  void add(Member& member);
  // The next one to be served, which no longer waits once served() says so; it may have been closed meanwhile.
  [[nodiscard]] std::optional<base::ConnectionId> next();
  void served(Member& member) { member.is_waiting_ = false; }
  [[nodiscard]] bool is_anyone_waiting() const { return waiting_ > 0; }
  // More than one address has someone waiting, or being served.
  [[nodiscard]] bool is_shared() const { return rotation_.size() > 1; }
  // Returns how many were added since the last round's end and have to wait for the next.
  [[nodiscard]] std::size_t end_round() { return std::min(std::exchange(added_, 0), waiting_); }

  void tick();
  [[nodiscard]] std::size_t addresses() const { return addresses_.size(); }

 private:
  struct Address {
    std::uint64_t charged = 0;  // as of `tick`
    std::uint64_t tick = 0;
    std::int64_t deficit = 0;  // what is left of its quantum; below 0: it has had more
    std::deque<base::ConnectionId> light;
    std::deque<base::ConnectionId> heavy;
    bool heavy_is_next = false;
    bool is_in_rotation = false;
    std::size_t members = 0;
  };

  [[nodiscard]] static std::uint64_t halved(std::uint64_t charged, std::uint64_t ticks) {
    return ticks < 64 ? charged >> ticks : 0;
  }
  [[nodiscard]] static base::ConnectionId take_one(Address& address);
  [[nodiscard]] bool is_light(const Address& address) const {
    return halved(address.charged, ticks_ - address.tick) <= kLightAddressMax;
  }

  std::unordered_map<base::MachineKey, Address> addresses_;  // of open connections, or charged lately
  std::list<Address*> rotation_;                             // those with someone waiting
  std::size_t waiting_ = 0;
  std::size_t added_ = 0;  // in this round
  std::uint64_t ticks_ = 0;
};

}  // namespace crawlspool::connection
