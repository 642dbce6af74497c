// Computes what came in a second, on average since the last time it was asked. Used on one thread.
#pragma once

#include <cstdint>

namespace crawlspool::admin {

class Rates {
 public:
  explicit Rates(std::int64_t now_us) : last_{0, 0, 0, now_us} {}

  // Counts since the start.
  struct Totals {
    std::uint64_t records;
    std::uint64_t bytes;  // of the records
    std::uint64_t rejects;
    std::int64_t now_us;  // monotonic
  };
  struct PerSecond {
    double records;
    double megabytes;  // of 10^6 bytes
    double rejects;
  };
  // Returns all 0 if no time has passed.
  [[nodiscard]] PerSecond since_last(const Totals& totals);

 private:
  Totals last_;
};

}  // namespace crawlspool::admin
