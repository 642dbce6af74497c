#include "daemon/commit/histogram.h"

#include <algorithm>
#include <numeric>

namespace crawlspool::commit {

void Histogram::add(std::int64_t us, std::uint64_t weight) {
  const auto* const bound = std::lower_bound(kBoundsUs.begin(), kBoundsUs.end(), us);
  counts_[static_cast<std::size_t>(bound - kBoundsUs.begin())] += weight;
  count_ += weight;
  sum_us_ += static_cast<double>(std::max<std::int64_t>(us, 0)) * static_cast<double>(weight);
}

std::uint64_t Histogram::count_up_to(std::size_t bound) const {
  const auto* const end = counts_.begin() + static_cast<std::ptrdiff_t>(bound) + 1;
  return std::accumulate(counts_.begin(), end, std::uint64_t{0});
}

}  // namespace crawlspool::commit
