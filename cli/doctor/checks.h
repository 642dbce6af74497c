// Looks at everything that the doctor examines: the daemon and its process, its certificates, the spool directory, the
// file system below it, the machine. The checks change nothing and may run beside the daemon. The judgements take what
// the checks have found, so that tests can make them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/common/address.h"
#include "cli/doctor/finding.h"
#include "config/model.h"

namespace crawlspool::cli {

// --- the daemon: state, readiness, ports, limit of open files ---
struct DaemonVisit {
  bool answers = false;
  bool is_here = false;   // its process can be seen, so its paths are ours, too
  config::Config config;  // what it runs by, as far as it says so; otherwise what it was given
  Findings findings;
};
// `config` is what is known without it, and `named` what to call that, such as "the defaults".
[[nodiscard]] DaemonVisit check_daemon(const Address& admin, const config::Config& config, const std::string& named);
// Puts what the daemon says of its settings into `config`; returns false if it says nothing.
[[nodiscard]] bool take_settings(const std::string& body, config::Config& config);
// `body` is that of /status.
[[nodiscard]] Findings judge_status(const std::string& body);
// `limits_file` is the content of /proc/PID/limits.
[[nodiscard]] Finding judge_open_files(const std::string& limits_file, std::uint64_t connections_max);

// --- certificates of listeners with TLS: how long they last ---
// `answers`: the admin listener of a daemon that answers, which says what it serves; without one the files are read
// that `config` names.
[[nodiscard]] Findings check_certificates(const config::Config& config, const std::optional<Address>& answers);
// `metrics` is the body of /metrics. Times are in seconds since 1970.
[[nodiscard]] Findings judge_served_certificates(const std::string& metrics, std::int64_t at_s);
[[nodiscard]] Finding judge_certificate(const std::string& whose, std::int64_t not_after_s, std::int64_t at_s);

// --- the spool directory: whose it is, the files beside the segments, the segments' row ---
// Reads names, ends and small files, no lines: that is `verify`. `daemon_answers` says that one does at the admin
// listener that goes with this spool.
[[nodiscard]] Findings check_spool(const std::string& path, bool daemon_answers);

// --- the file system below it: its kind, how it is mounted, the room ---
struct Mount {
  std::string place;    // where it is mounted; empty where that is not known
  std::string type;     // "ext4"
  std::string options;  // of the mount and of the file system, separated by commas

  [[nodiscard]] bool has_option(std::string_view option) const;
};
// Returns the mount that holds `path`, which is there, absolute and without links; of several at one place the last.
// `mountinfo` names a file as proc(5) describes it.
[[nodiscard]] std::optional<Mount> find_mount(const std::string& mountinfo, const std::string& path);

// Returns the same by asking the file system at `path`: without its place, and of its options only `ro` or `rw`.
[[nodiscard]] std::optional<Mount> ask_mount(const std::string& path);

// Looks at the nearest directory above it where it is not there yet.
[[nodiscard]] Findings check_disk(const std::string& spool_directory, const config::Spool& config);
[[nodiscard]] Finding judge_file_system(const Mount& mount);
[[nodiscard]] Finding judge_mount_options(const Mount& mount);
[[nodiscard]] Finding judge_free_space(std::uint64_t free_bytes, const config::Spool& config);

// --- the machine: the queue of new connections, the clock, the memory ---
[[nodiscard]] Findings check_machine(const config::Config& config);
[[nodiscard]] Finding judge_somaxconn(std::uint64_t somaxconn);
[[nodiscard]] Finding judge_memory(std::uint64_t total_bytes, std::uint64_t available_bytes,
                                   const config::Limits& limits);

}  // namespace crawlspool::cli
