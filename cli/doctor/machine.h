// What the doctor looks at in the machine: the queue of new connections, the clock, the memory.
#pragma once

#include "cli/doctor/finding.h"
#include "config/model.h"

namespace crawlspool::cli {

[[nodiscard]] Findings check_machine(const config::Config& config);

// The judgements behind it.
[[nodiscard]] Finding judge_somaxconn(std::uint64_t somaxconn);
[[nodiscard]] Finding judge_memory(std::uint64_t total_bytes, std::uint64_t available_bytes,
                                   const config::Limits& limits);

}  // namespace crawlspool::cli
