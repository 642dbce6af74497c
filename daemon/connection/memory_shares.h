// How the peers of one loop share the memory budget, machine by machine. A machine may hold as much as it leaves free
// for others: one alone half of what frames may begin in, two a third each. What it has begun beyond that goes on one
// connection at a time. A machine that holds little is served until the budget is used up, so that it never waits for
// one that holds much. And of one machine, batches and bodies that take long are taken in one after another, however
// many come at once: each holds its memory for its own time only, and a stop finds one begun.
// On the loop's thread only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "daemon/base/connection_id.h"
#include "daemon/base/endpoint.h"
#include "daemon/commit/memory_budget.h"

namespace crawlspool::connection {

class MemoryShares {
  struct Machine;

 public:
  // Of the limit: what a machine may always hold, and what those beyond their share leave to it.
  static constexpr std::int64_t kLittleShare = 64;
  static constexpr std::int64_t kLeftShare = 16;
  static constexpr std::int64_t kLittleBytesMin = std::int64_t{64} * 1024;
  // A batch or body of so many bytes is taken in at once, whatever it holds.
  static constexpr std::size_t kShortBytesMax = 4096;

  // `account` is the loop's.
  MemoryShares(const commit::MemoryBudget& budget, commit::MemoryAccount& account)
      : budget_(budget), account_(account) {}
  MemoryShares(const MemoryShares&) = delete;
  MemoryShares& operator=(const MemoryShares&) = delete;

  // A connection's place; it ends before the MemoryShares.
  class Member {
   public:
    Member(MemoryShares& shares, base::ConnectionId id, const base::MachineKey& machine);
    ~Member();
    Member(const Member&) = delete;
    Member& operator=(const Member&) = delete;

    // Brings what the connection has charged so far for something to what it holds of that now, on the loop's account.
    void adjust(std::uint64_t& charged, std::uint64_t held);
    void adjust_answers(std::uint64_t& charged, std::uint64_t held);  // that are not sent
    // A frame or request.
    [[nodiscard]] bool may_begin() const;
    // More of a begun one may be received. Takes the machine's place where that is needed.
    [[nodiscard]] bool may_continue();
    // A whole batch or body of so many bytes may be taken in. Takes the machine's place if it is long. Beyond the
    // share, it waits until answers are read, or dropped, and for nothing else: to take it in is what makes room.
    [[nodiscard]] bool may_take_in(std::size_t bytes);
    [[nodiscard]] bool has_place() const { return machine_.place_of == id_; }
    // A begun frame goes on only with the machine's place.
    [[nodiscard]] bool needs_place() const { return !holds_little() && !is_within_share(); }
    // Gives the machine's place up, if it has it. True if others may have waited for that.
    [[nodiscard]] bool leave_place();
    [[nodiscard]] bool holds_little() const;
    // Others of its machine wait: for the place, or for memory beyond its share.
    [[nodiscard]] bool is_in_the_way() const { return machine_.waited_tick + 1 >= shares_.ticks_; }

   private:
    [[nodiscard]] bool takes_place();
    [[nodiscard]] bool is_within_share() const;
    [[nodiscard]] bool is_little(std::uint64_t bytes) const;

    MemoryShares& shares_;
    const base::ConnectionId id_;
    Machine& machine_;
    const base::MachineKey key_;
  };

  // Someone of any machine has had to wait for others of it since the tick before the last.
  [[nodiscard]] bool is_anyone_in_the_way() const { return waited_tick_ + 1 >= ticks_; }
  void tick() { ++ticks_; }
  [[nodiscard]] std::size_t machines() const { return machines_.size(); }

 private:
  struct Machine {
    std::uint64_t held = 0;
    std::uint64_t answers = 0;        // of that
    base::ConnectionId place_of = 0;  // 0: nobody's
    std::uint64_t waited_tick = 0;    // when one of it last had to wait for the others
    std::size_t members = 0;
  };

  void note_waiting(Machine& machine) { machine.waited_tick = waited_tick_ = ticks_; }

  const commit::MemoryBudget& budget_;
  commit::MemoryAccount& account_;
  std::unordered_map<base::MachineKey, Machine> machines_;  // of open connections
  std::uint64_t ticks_ = 2;                                 // so that nobody has waited yet
  std::uint64_t waited_tick_ = 0;
};

}  // namespace crawlspool::connection
