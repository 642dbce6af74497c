#include "daemon/admin/rates.h"

#include <cmath>
#include <utility>

namespace crawlspool::admin {
namespace {

double rounded(double value) { return std::round(value * 1000) / 1000; }

}  // namespace

Rates::PerSecond Rates::since_last(const Totals& totals) {
  const Totals before = std::exchange(last_, totals);
  const double seconds = static_cast<double>(totals.now_us - before.now_us) / 1e6;
  if (seconds <= 0) return {0, 0, 0};
  const auto rate = [seconds](std::uint64_t now, std::uint64_t then) {
    return static_cast<double>(now - then) / seconds;
  };
  return {rounded(rate(totals.records, before.records)), rounded(rate(totals.bytes, before.bytes) / 1e6),
          rounded(rate(totals.rejects, before.rejects))};
}

}  // namespace crawlspool::admin
