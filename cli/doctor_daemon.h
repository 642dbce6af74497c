// What the doctor asks the daemon, and what it looks at in its process: state, readiness, ports, limit of open files.
#pragma once

#include <optional>
#include <string>

#include "cli/address.h"
#include "cli/doctor_finding.h"
#include "config/model.h"

namespace crawlspool::cli {

struct DaemonVisit {
  bool answers = false;
  Findings findings;
};
[[nodiscard]] DaemonVisit check_daemon(const Address& admin, const config::Config& config);

// The judgements behind it. `body` is that of /status.
[[nodiscard]] Findings judge_status(const std::string& body);
// By /proc/PID/limits.
[[nodiscard]] Finding judge_open_files(const std::string& limits_file, std::uint64_t connections_max);

}  // namespace crawlspool::cli
