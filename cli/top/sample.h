// Holds what `crawlspool top` knows of a daemon at one moment, and what happened between two.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/inputs.h"

namespace crawlspool::cli {

// A client's open connections from one machine.
struct ClientRow {
  std::string name;  // the client's, or its address where it gave none
  std::uint64_t connections = 0;
  std::uint64_t records = 0;  // of these connections
  std::uint64_t rejects = 0;
  std::uint64_t bytes = 0;
  std::int64_t oldest_age_ms = 0;
  double records_per_s = 0;  // rates() sets it
};

struct TopSample {
  std::int64_t at_us = 0;  // monotonic, of the asking
  std::uint64_t pid = 0;
  std::string version;
  std::string state;
  std::uint64_t uptime_s = 0;
  proto::PerInput<std::uint64_t> connections;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t rejects = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t lag_bytes = 0;  // written and not known to be synced
  std::uint64_t free_bytes = 0;
  std::uint64_t segments = 0;
  std::uint64_t spool_bytes = 0;
  double ack_p99_ms = 0;
  std::vector<ClientRow> clients;  // the busiest, as the daemon orders them
};

// Reads the bodies of /status and /connections. Returns nothing if the first is no daemon's; a second that does not
// read, or is empty, has no clients.
[[nodiscard]] std::optional<TopSample> read_sample(const std::string& status, const std::string& connections,
                                                   std::int64_t at_us);

struct TopRates {
  double records = 0;    // a second
  double megabytes = 0;  // of 10^6 bytes
  double rejects = 0;
};
// Returns the rates between two samples of one process, else 0. Sets those of `now`'s clients, and orders them by
// these.
[[nodiscard]] TopRates rates(const TopSample& before, TopSample& now);

}  // namespace crawlspool::cli
