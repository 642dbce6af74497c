// What a reload would change: two configurations compared key by key.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/model.h"

namespace crawlspool::config {

struct Change {
  std::string_view key;  // a name of config/keys.h
  std::string before;    // as --print-config shows it
  std::string after;
  bool needs_restart;
};

// In the order of config/keys.h.
[[nodiscard]] std::vector<Change> changes(const Config& before, const Config& after);

// `loaded` as it may be put in force in place of `running`: each key that needs a restart stays as it is.
[[nodiscard]] Config keep_until_restart(const Config& running, const Config& loaded);

}  // namespace crawlspool::config
