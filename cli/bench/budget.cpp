#include "cli/bench/budget.h"

#include <algorithm>
#include <limits>

namespace crawlspool::bench {
namespace {

double part(double done, double whole) { return whole <= 0 ? 1 : std::clamp(done / whole, 0.0, 1.0); }

}  // namespace

std::uint64_t Budget::left(std::int64_t now_us) const {
  const std::int64_t elapsed_us = now_us - start_us_;
  if (elapsed_us >= goal_.duration_max_us) return 0;
  if (elapsed_us < goal_.duration_min_us) return std::numeric_limits<std::uint64_t>::max();
  return goal_.records_min - std::min(sent_, goal_.records_min);
}

double Budget::share(std::int64_t now_us) const {
  const auto elapsed_us = static_cast<double>(now_us - start_us_);
  const double needed = std::min(part(static_cast<double>(sent_), static_cast<double>(goal_.records_min)),
                                 part(elapsed_us, static_cast<double>(goal_.duration_min_us)));
  return std::max(needed, part(elapsed_us, static_cast<double>(goal_.duration_max_us)));
}

}  // namespace crawlspool::bench
