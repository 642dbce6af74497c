// Reads what the kernel says of this process.
#pragma once

#include <cstdint>

namespace crawlspool::admin {

struct ProcessFigures {
  double start_time_seconds = 0;   // since 1970
  double cpu_seconds = 0;          // of all its threads, user and system
  std::uint64_t memory_bytes = 0;  // resident
  std::uint64_t files_max = 0;     // open ones: the soft limit
};

[[nodiscard]] ProcessFigures process_figures();

// Returns resident memory without what a sanitizer keeps for itself, which cannot be distinguished: 0 then.
[[nodiscard]] std::uint64_t own_resident_bytes();

}  // namespace crawlspool::admin
