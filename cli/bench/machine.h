// What figures are worth nothing without: the machine they are from.
#pragma once

#include <string>

namespace crawlspool::bench {

struct Machine {
  unsigned processors = 0;  // that this process may use
  std::string processor;    // its model
  std::string kernel;       // "Linux 6.1.0-18-amd64"
  std::string file_system;  // of the spools; empty where none is ours
  bool syncs_to_memory = false;
};

// `directory`: where the spools are, or empty.
[[nodiscard]] Machine this_machine(const std::string& directory);

}  // namespace crawlspool::bench
