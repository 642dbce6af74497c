// Values that are each legal and do not fit together.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"

namespace crawlspool::config {

struct Contradiction {
  std::string_view key;    // the one to change, as a rule
  std::string_view other;  // the one it contradicts
  std::string what;
};

// Empty for the defaults.
[[nodiscard]] std::vector<Contradiction> contradictions(const Config& config);

}  // namespace crawlspool::config
