// Says how much a load sends: at least so many records and for at least so long, but no longer than a limit. The
// connections of a load share one. It reads no clock: times are given, in microseconds.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace crawlspool::bench {

struct Goal {
  std::uint64_t records_min = 0;
  std::int64_t duration_min_us = 0;
  std::int64_t duration_max_us = 0;  // what is not sent by then is not sent at all
};

class Budget {
 public:
  Budget(const Goal& goal, std::int64_t start_us) : goal_(goal), start_us_(start_us) {}

  // Returns how many records may still be sent now. Once it is 0 it stays 0.
  [[nodiscard]] std::uint64_t left(std::int64_t now_us) const {
    const std::int64_t elapsed_us = now_us - start_us_;
    if (elapsed_us >= goal_.duration_max_us) return 0;
    if (elapsed_us < goal_.duration_min_us) return std::numeric_limits<std::uint64_t>::max();
    return goal_.records_min - std::min(sent_, goal_.records_min);
  }
  void sent(std::uint64_t records) { sent_ += records; }

  // Returns how far it is, from 0 to 1, by what it waits for longest.
  [[nodiscard]] double share(std::int64_t now_us) const {
    const auto elapsed_us = static_cast<double>(now_us - start_us_);
    const double needed = std::min(part(static_cast<double>(sent_), static_cast<double>(goal_.records_min)),
                                   part(elapsed_us, static_cast<double>(goal_.duration_min_us)));
    return std::max(needed, part(elapsed_us, static_cast<double>(goal_.duration_max_us)));
  }
  [[nodiscard]] std::uint64_t sent_records() const { return sent_; }

 private:
  static double part(double done, double whole) { return whole <= 0 ? 1 : std::clamp(done / whole, 0.0, 1.0); }

  Goal goal_;
  std::int64_t start_us_;
  std::uint64_t sent_ = 0;
};

}  // namespace crawlspool::bench
