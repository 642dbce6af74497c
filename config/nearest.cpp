#include "config/nearest.h"

#include <algorithm>
#include <numeric>

namespace crawlspool::config {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::size_t kBeginningBytesMin = 3;

// Levenshtein's distance, one row of the table at a time.
std::size_t edit_distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

std::string_view leaf(std::string_view name) { return name.substr(name.rfind('.') + 1); }

std::size_t distance(std::string_view name, std::string_view candidate) {
  return std::min(edit_distance(name, candidate), edit_distance(leaf(name), leaf(candidate)) + 1);
}

}  // namespace

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
  name = name.substr(0, kNameBytesMax);
  return *std::min_element(candidates.begin(), candidates.end(), [name](std::string_view a, std::string_view b) {
    return distance(name, a) < distance(name, b);
  });
}

std::optional<std::string_view> suggestion(std::string_view name, const std::vector<std::string_view>& candidates) {
  if (name.empty() || name.size() > kNameBytesMax || candidates.empty()) return std::nullopt;
  const std::string_view found = nearest(name, candidates);
  if (distance(name, found) <= (name.size() + 2) / 3) return found;
  const auto longer = std::find_if(candidates.begin(), candidates.end(), [name](std::string_view candidate) {
    return name.size() >= kBeginningBytesMin && candidate.starts_with(name);
  });
  return longer == candidates.end() ? std::nullopt : std::optional(*longer);
}

}  // namespace crawlspool::config
