// limits.amplification_max: how many bytes for the spool a byte on the wire may become. What a connection makes beyond
// that is taken from its machine's credit, which grows back with time, so that neither many connections nor new ones
// are given more. Records as crawlers send them stay far below the limit and never touch it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "daemon/base/endpoint.h"

namespace crawlspool::connection {

// What each machine has made beyond the limit. Shared by all loops, thread-safe; touched by those only that overdraw.
class AmplificationLedger {
 public:
  static constexpr std::int64_t kCreditBytesMax = 16 * 1024 * 1024;
  static constexpr std::int64_t kCreditBytesAMs = 1024;  // 1 MiB a second grows back
  // How much of it is back when those that had overdrawn it are read again: not a few lines at a time.
  static constexpr std::int64_t kCreditBackBytes = 2 * 1024 * 1024;
  static constexpr std::size_t kMachinesMax = 16 * 1024;  // beyond, new ones share one credit

  // The machine has made `bytes` beyond the limit. Returns for how many ms nothing more is taken: 0 while there is
  // credit.
  [[nodiscard]] std::int64_t overdraw(const base::MachineKey& machine, std::uint64_t bytes, std::int64_t now_ms);
  [[nodiscard]] std::int64_t wait_ms(const base::MachineKey& machine, std::int64_t now_ms) const;

  // Connections that were not read, and requests that were refused, because of it.
  void count_limited() { limited_total_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t limited_total() const { return limited_total_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t machines() const;

 private:
  struct Debt {
    std::int64_t bytes = 0;  // as of at_ms
    std::int64_t at_ms = 0;

    [[nodiscard]] std::int64_t left(std::int64_t now_ms) const;
    [[nodiscard]] std::int64_t wait_ms(std::int64_t now_ms) const;
  };

  [[nodiscard]] Debt& debt_of(const base::MachineKey& machine, std::int64_t now_ms);

  mutable std::mutex mutex_;  // of the three below
  std::unordered_map<base::MachineKey, Debt> debts_;
  Debt others_;
  std::int64_t swept_ms_ = 0;
  std::atomic<std::uint64_t> limited_total_{0};
};

// Of one connection: what it received allows, less what was made of it. On its loop's thread.
class AmplificationCredit {
 public:
  // 0: no limit.
  explicit AmplificationCredit(std::uint64_t amplification_max) : max_(amplification_max) {}

  void received(std::size_t wire_bytes) { bytes_ += static_cast<std::int64_t>(wire_bytes * max_); }
  void made(std::uint64_t spool_bytes) { bytes_ -= max_ == 0 ? 0 : static_cast<std::int64_t>(spool_bytes); }
  // Once a turn. `held_wire_bytes` were received and are not taken in yet: what they allow is kept, of the rest no more
  // than a machine's credit. Returns what was made beyond, which the caller takes from that.
  [[nodiscard]] std::uint64_t take_overdraft(std::size_t held_wire_bytes);
  // Whether so many bytes would be within what is left.
  [[nodiscard]] bool covers(std::uint64_t spool_bytes) const {
    return max_ == 0 || bytes_ >= static_cast<std::int64_t>(spool_bytes);
  }

 private:
  std::uint64_t max_;
  std::int64_t bytes_ = 0;
};

}  // namespace crawlspool::connection
