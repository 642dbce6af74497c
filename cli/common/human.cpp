#include "cli/common/human.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace crawlspool::cli {

std::string fixed(double value, int decimals) { return fmt::format("{:.{}f}", value, decimals); }

std::string human_bytes(std::uint64_t bytes) {
  static constexpr std::array<const char*, 7> kUnits{" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"};
  if (bytes < 1024) return std::to_string(bytes) + kUnits[0];
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1023.95 && unit + 1 < kUnits.size(); ++unit) value /= 1024;  // as it is shown, "1024.0" never is
  return fixed(value, 1) + kUnits[unit];
}

std::string human_seconds(std::uint64_t seconds) {
  const std::uint64_t minutes = seconds / 60;
  const std::uint64_t hours = minutes / 60;
  const std::uint64_t days = hours / 24;
  if (days > 0) return std::to_string(days) + "d " + std::to_string(hours % 24) + "h";
  if (hours > 0) return std::to_string(hours) + "h " + std::to_string(minutes % 60) + "m";
  if (minutes > 0) return std::to_string(minutes) + "m " + std::to_string(seconds % 60) + "s";
  return std::to_string(seconds) + "s";
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

// Chooses the digits by the rounded value: 9.996 is "10.0".
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

}  // namespace crawlspool::cli
