// What the senders of one name bring together, however many connections and tokens they have: a count, and the rates
// that the name may have. Shared by all loops, thread-safe, without a lock.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "daemon/auth/pace.h"
#include "daemon/auth/token_table.h"
#include "daemon/base/clock.h"

namespace crawlspool::auth {

class Usage {
 public:
  // `clock` outlives it.
  explicit Usage(const base::Clock& clock) : clock_(clock) {}

  void set_rate(const Rate& rate) {
    records_.set(rate.records_per_s);
    bytes_.set(rate.bytes_per_s);
  }
  // So many were taken in, stored or rejected, with so many bytes as they were sent.
  void take(std::uint64_t records, std::uint64_t bytes) {
    const std::int64_t now_us = clock_.monotonic_us();
    records_total_.fetch_add(records, std::memory_order_relaxed);
    static_cast<void>(records_.take(records, now_us));
    static_cast<void>(bytes_.take(bytes, now_us));
  }
  // Returns for how long nothing more should be read; 0: go on.
  [[nodiscard]] std::int64_t wait_ms() const {
    constexpr std::int64_t kUsPerMs = 1000;
    const std::int64_t now_us = clock_.monotonic_us();
    return (std::max(records_.wait_us(now_us), bytes_.wait_us(now_us)) + kUsPerMs - 1) / kUsPerMs;
  }
  [[nodiscard]] std::uint64_t records_total() const { return records_total_.load(std::memory_order_relaxed); }

 private:
  const base::Clock& clock_;
  Pace records_{0};
  Pace bytes_{0};
  std::atomic<std::uint64_t> records_total_{0};
};

}  // namespace crawlspool::auth
