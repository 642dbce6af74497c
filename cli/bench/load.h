// Puts one load on a server and measures it, from the first record sent to the last one acked. Runs on one thread.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "cli/bench/lane.h"

namespace crawlspool::bench {

struct LoadFigures {
  std::uint64_t records = 0;
  std::uint64_t record_bytes = 0;
  double seconds = 0;
  double client_cpu_s = 0;  // used by this process
  base::Histogram latency;
};

class Load {
 public:
  // Is called some ten times a second with how far it is, from 0 to 1, and the records acked. Returns false to stop.
  using OnProgress = std::function<bool(double share, std::uint64_t records)>;

  // `requests` outlives it.
  Load(const Lane::Options& options, std::size_t connections, const Requests& requests);

  // Opens the connections and has the server greet them.
  [[nodiscard]] base::Result<void> open();
  // Returns what the server says that acks mean on them.
  [[nodiscard]] AckLevel ack_level() const;

  // Is called once, after open(). All that was sent is acked when it returns.
  [[nodiscard]] base::Result<LoadFigures> run(const Goal& goal, const OnProgress& on_progress);

 private:
  [[nodiscard]] base::Result<void> turn();
  [[nodiscard]] base::Result<void> send_all(Budget& budget, const OnProgress& on_progress);

  Lane::Options options_;
  const Requests& requests_;
  base::SystemClock clock_;
  std::string buffer_;
  Tally tally_;
  std::optional<Readiness> readiness_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::size_t connections_;
};

}  // namespace crawlspool::bench
