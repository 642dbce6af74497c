// The one table of configuration keys. Loading, printing, the nearest key of a misspelt one, and the test that
// config/crawlspoold.yaml explains them all come from it.
#pragma once

#include <string_view>
#include <vector>

#include "config/kinds.h"

namespace crawlspool::config {

struct Key {
  std::string_view name;  // "limits.connections_max"; "io_threads"
  Kind kind;
  bool needs_restart = false;  // a reload leaves it as it was at the start

  [[nodiscard]] std::string_view section() const;  // "limits"; empty for a key at the top
  [[nodiscard]] std::string_view leaf() const;     // "connections_max"
};

// All keys, those of one section together, in the order of config/crawlspoold.yaml.
[[nodiscard]] const std::vector<Key>& keys();

[[nodiscard]] const Key* find_key(std::string_view name);  // null if there is none
[[nodiscard]] bool is_section(std::string_view name);
[[nodiscard]] std::vector<std::string_view> section_names();
[[nodiscard]] std::vector<std::string_view> key_names();

}  // namespace crawlspool::config
