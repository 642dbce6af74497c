// What the doctor asks the daemon, and what it looks at in its process: state, readiness, ports, limit of open files.
#pragma once

#include <optional>
#include <string>

#include "cli/common/address.h"
#include "cli/doctor/finding.h"
#include "config/model.h"

namespace crawlspool::cli {

struct DaemonVisit {
  bool answers = false;
  bool is_here = false;   // its process is to be seen: its paths are ours, too
  config::Config config;  // what it runs by, as far as it says so, else what it was given
  Findings findings;
};
// `config`: what is known without it, and `named` what to call that, such as "the defaults".
[[nodiscard]] DaemonVisit check_daemon(const Address& admin, const config::Config& config, const std::string& named);

// What the daemon says of its settings, put into `config`; false if it says nothing.
[[nodiscard]] bool take_settings(const std::string& body, config::Config& config);

// The judgements behind it. `body` is that of /status.
[[nodiscard]] Findings judge_status(const std::string& body);
// By /proc/PID/limits.
[[nodiscard]] Finding judge_open_files(const std::string& limits_file, std::uint64_t connections_max);

}  // namespace crawlspool::cli
