#include "cli/bench/figures.h"

#include <fmt/format.h>

#include <cmath>

namespace crawlspool::bench {

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

// By what is left once it is rounded: 9.996 is "10.0".
std::string three_digits(double value) {
  if (!(value > 0)) return "0";
  const double rounded = std::stod(fmt::format("{:.2e}", value));
  if (rounded >= 100) return grouped(static_cast<std::uint64_t>(std::llround(value)));
  const auto decimals = 2 - static_cast<int>(std::floor(std::log10(rounded)));
  return fmt::format("{:.{}f}", value, decimals);
}

std::string duration_text(std::int64_t us) {
  if (us < 1000) return std::to_string(us) + " us";
  const auto value = static_cast<double>(us);
  return us < 1'000'000 ? three_digits(value / 1e3) + " ms" : three_digits(value / 1e6) + " s";
}

std::string times_text(double times) {
  return times < 99.95 ? fmt::format("{:.1f}", times) : grouped(static_cast<std::uint64_t>(std::llround(times)));
}

}  // namespace crawlspool::bench
