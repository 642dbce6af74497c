// A token bucket of one second's worth, as one number: the moment at which it would be full again. What was received is
// always taken; the answer is how long nothing more should be read. Any thread, without a lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace crawlspool::auth {

class Pace {
 public:
  // 0: no limit.
  explicit Pace(std::uint64_t per_s) : per_s_(per_s) {}
  void set(std::uint64_t per_s) { per_s_.store(per_s, std::memory_order_relaxed); }

  // Takes `count` and returns for how many microseconds of the monotonic clock to wait before more; 0: no wait.
  std::int64_t take(std::uint64_t count, std::int64_t now_us);
  // Returns the wait without taking anything.
  [[nodiscard]] std::int64_t wait_us(std::int64_t now_us) const;

 private:
  std::atomic<std::uint64_t> per_s_;
  std::atomic<std::int64_t> full_at_us_{0};
};

}  // namespace crawlspool::auth
