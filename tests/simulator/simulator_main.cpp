// Runs the fault simulator over many seeds, or one again with each step said.
//
//   spool_simulator --seeds N [--first S] [--jobs J] [--keep-going] [--stats]
//   spool_simulator --seed S [-v]
//
// Ends with 1 where a seed finds a promise broken, and names it.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/simulator/simulation.h"
#include "tests/simulator/violation.h"

namespace crawlspool::simulator {
namespace {

struct Settings {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  std::optional<std::uint64_t> seed;
  unsigned jobs = 1;
  bool verbose = false;
  bool keep_going = false;
  bool stats = false;
};

// Seeds are handed out in order, so that the first failure is the least seed that fails, or near it.
class Run {
 public:
  explicit Run(const Settings& settings)
      : settings_(settings), next_(settings.first), end_(settings.first + settings.seeds) {}

  int run() {
    std::vector<std::thread> jobs;
    for (unsigned i = 0; i < settings_.jobs; ++i) jobs.emplace_back([this] { run_job(); });
    for (std::thread& job : jobs) job.join();
    if (settings_.stats)
      for (const auto& [what, times] : statistics_.counts())
        std::printf("%12llu  %s\n", static_cast<unsigned long long>(times), what.c_str());
    return failed_ ? 1 : 0;
  }

 private:
  void run_job() {
    Statistics statistics;
    Simulation::Trace trace;
    if (settings_.verbose) trace = [](const std::string& words) { std::printf("%s\n", words.c_str()); };
    while (!failed_ || settings_.keep_going) {
      const std::uint64_t seed = next_++;
      if (seed >= end_) break;
      try {
        Simulation(seed, statistics, trace).run();
      } catch (const Violation& broken) {
        failed_ = true;
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), broken.what());
      }
    }
    const std::lock_guard lock(mutex_);
    statistics_.add(statistics);
  }

  const Settings& settings_;
  std::atomic<std::uint64_t> next_;
  std::uint64_t end_;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  Statistics statistics_;
};

}  // namespace
}  // namespace crawlspool::simulator

int main(int argc, char** argv) {
  crawlspool::simulator::Settings settings;
  CLI::App app{"Drives the spool through seeded faults and crashes on a disk in memory, and holds it to its promises."};
  app.add_option("--seeds", settings.seeds, "how many")->capture_default_str();
  app.add_option("--first", settings.first, "the first one")->capture_default_str();
  app.add_option("--jobs", settings.jobs, "threads")->capture_default_str();
  app.add_option("--seed", settings.seed, "this one only");
  app.add_flag("-v,--verbose", settings.verbose, "say each step");
  app.add_flag("--keep-going", settings.keep_going, "do not end at the first seed that fails");
  app.add_flag("--stats", settings.stats, "say at the end how often each thing has happened");
  CLI11_PARSE(app, argc, argv);
  if (settings.seed) {
    settings.first = *settings.seed;
    settings.seeds = 1;
  }
  if (settings.verbose) settings.jobs = 1;
  // The same sizes come and go a thousand times a second: keep what was had from the kernel.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  return crawlspool::simulator::Run(settings).run();
}
