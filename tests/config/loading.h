// Short ways to load a text and to look at what came of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/loader.h"

namespace crawlspool::config::test {

// The errors of `yaml` as file f.yaml, with `overrides`; empty if it loads.
inline std::string errors_of(std::string_view yaml, const std::vector<std::string>& overrides = {}) {
  const auto config = load_text("f.yaml", yaml, overrides);
  return config ? "" : config.error().message();
}

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

// The configuration of one `--set`; the defaults, and so a failed expectation of the caller, if it does not load.
inline Config with(const std::string& override_text) {
  return load_text("f.yaml", "", {override_text}).value_or(Config{});
}

}  // namespace crawlspool::config::test
