// Runs the whole bench: every mode at every ack level, in rounds, each run on a server of its own that has just
// started.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/bench/records.h"
#include "cli/bench/report.h"
#include "cli/bench/target.h"

namespace crawlspool::bench {

struct Settings {
  Records records;
  Goal goal;
  std::size_t connections = 1;
  std::uint64_t window_records = 1;
  std::uint64_t batch_records = 1;
  unsigned rounds = 1;
  std::vector<Mode> modes;
  std::vector<AckLevel> levels;

  std::optional<Addresses> given;  // where a daemon listens that runs already
  std::string daemon_program;      // otherwise crawlspoold's path
  std::string directory;           // where spools are made
};

struct Surroundings {
  // Hears how far all is, from 0 to 1, and what is being done. Returns false to stop.
  std::function<bool(double share, const std::string& what)> on_progress;
  // Returns the body of /status.
  std::function<base::Result<std::string>(const base::Endpoint& admin)> ask_status;
};

// Fails where any run does, or where a server has not stored exactly what was sent to it.
[[nodiscard]] base::Result<Report> run_campaign(const Settings& settings, const Surroundings& surroundings);

// What one run of one mode at one ack level has brought.
struct Outcome {
  std::optional<Run> run;
  std::string why_not;  // says why there is no run: the server does not offer it
};

// Makes one run and the checks that make it count. `on_progress` hears of this run alone.
[[nodiscard]] base::Result<Outcome> measure(const Settings& settings, const Surroundings& surroundings, Mode mode,
                                            AckLevel level, const Load::OnProgress& on_progress);

}  // namespace crawlspool::bench
