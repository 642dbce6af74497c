// Holds what a bench has measured, for the table, the JSON and the page alike.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/bench/load.h"
#include "cli/bench/mode.h"

namespace crawlspool::bench {

// The machine that figures are from, without which they are worth nothing.
struct Machine {
  unsigned processors = 0;  // as many as this process may use
  std::string processor;    // its model
  std::string kernel;       // "Linux 6.1.0-18-amd64"
  std::string file_system;  // the one the spools are on; empty where none is ours
  bool syncs_to_memory = false;
};
// Describes the machine that this runs on. `directory` is where the spools are, or empty.
[[nodiscard]] Machine this_machine(const std::string& directory);

struct Run {
  LoadFigures load;
  std::optional<double> server_cpu_s;  // nothing where the server's process cannot be seen

  [[nodiscard]] double records_per_s() const;
  [[nodiscard]] double megabytes_per_s() const;  // of the records' own bytes; 10^6
  [[nodiscard]] std::optional<double> server_cpu_us_per_record() const;
  [[nodiscard]] double client_busy_share() const;  // of one processor
};

// One mode at one ack level.
struct Row {
  Mode mode = Mode::kHttpClose;
  AckLevel level = AckLevel::kSynced;
  std::vector<Run> runs;  // one a round
  std::string why_not;    // says why there are none

  // Returns the run with the median rate, the lower of two; nullptr where there is none.
  [[nodiscard]] const Run* median() const;
};

struct Report {
  std::string server;  // "crawlspoold 0.1.0", or the address of the one that was given
  std::string redis;   // "redis-server 7.0.15"; empty where it was not asked for
  std::string records_name;
  std::uint64_t records_min = 0;
  double record_bytes_mean = 0;
  std::size_t connections = 0;
  std::uint64_t window_records = 0;
  std::uint64_t batch_records = 0;
  unsigned rounds = 0;
  Machine machine;
  std::vector<Row> rows;  // in the order of levels, then as all_modes() has them

  // Returns how many times faster a row is than HTTP with a connection a record, at the same level; nothing where one
  // of them was not measured.
  [[nodiscard]] std::optional<double> times_http(const Row& row) const;
  // Returns what a reader has to know to judge the figures: one sentence each.
  [[nodiscard]] std::vector<std::string> notes() const;
};

}  // namespace crawlspool::bench
