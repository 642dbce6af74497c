// One seed: a spool's life over several starts, with clients that send, a disk that fails and crashes, and a look at
// what is there after each start. Everything that happens follows from the seed. Single-threaded; shares nothing.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "daemon/base/clock.h"
#include "tests/simulator/feeder.h"
#include "tests/simulator/inspection.h"
#include "tests/simulator/ledger.h"
#include "tests/simulator/random.h"
#include "tests/simulator/records.h"
#include "tests/simulator/statistics.h"
#include "tests/simulator/subject.h"
#include "tests/simulator/vandal.h"
#include "tests/simulator/weather.h"

namespace crawlspool::simulator {

// At least these in each seed.
inline constexpr std::uint64_t kRecordsMin = 200;
inline constexpr std::uint64_t kSessionsMin = 3;
inline constexpr std::uint64_t kRotationsMin = 2;
inline constexpr std::uint64_t kCrashesMin = 2;

class SteppedClock final : public base::Clock {
 public:
  [[nodiscard]] std::int64_t monotonic_us() const override { return now_us_; }
  [[nodiscard]] std::int64_t wall_us() const override { return 1'795'000'000'000'000 + now_us_; }
  void step(std::int64_t us) { now_us_ += us; }

 private:
  std::int64_t now_us_ = 0;
};

class Simulation {
 public:
  using Trace = std::function<void(const std::string&)>;

  Simulation(std::uint64_t seed, Statistics& statistics, Trace trace);

  void run();  // throws Violation

 private:
  // How a process ends.
  enum class End { kCrash, kCrashAtSomeCall, kKill, kClose, kCloseAndCrash };

  void start();
  void try_start(bool calmly);
  [[nodiscard]] std::string describe_files() const;

  void serve(End end);
  [[nodiscard]] Outcome append();
  [[nodiscard]] Outcome sync();
  [[nodiscard]] Outcome maintain();
  [[nodiscard]] bool step();  // false: the process has failed for good
  void end_process(End end);
  void check_that_errors_stick();
  void crash();
  void do_harm();
  void sync_all();
  void finish();

  template <class Words>
  void trace(Words words) {
    if (trace_) trace_(words());
  }

  Random random_;
  Statistics& statistics_;
  Trace trace_;
  test::ForgetfulDisk disk_;
  SteppedClock clock_;
  spool::SpoolOptions options_;
  Weather weather_;
  Records records_;
  Ledger ledger_;
  Feeder feeder_;
  Vandal vandal_;
  Inspection inspection_;
  std::unique_ptr<Subject> subject_;

  std::uint64_t roughness_;  // 0 to 3
  std::uint64_t crashes_ = 0;
};

}  // namespace crawlspool::simulator
