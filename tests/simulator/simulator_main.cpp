// Runs the fault simulator over many seeds, or one again with each step said.
//
//   spool_simulator --seeds N [--first S] [--jobs J] [--keep-going] [--stats]
//   spool_simulator --seed S [-v]
//
// Ends with 1 where a seed finds a promise broken, and names it; also where the code under test ends the process: the
// seeds are run by a child.
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "tests/simulator/simulation.h"
#include "tests/simulator/violation.h"

namespace crawlspool::simulator {
namespace {

constexpr unsigned kJobsMax = 64;

struct Settings {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  std::optional<std::uint64_t> seed;
  unsigned jobs = 1;
  bool verbose = false;
  bool keep_going = false;
  bool stats = false;
};

// What each job is at, 0 before and after, in memory that outlives the child.
using Progress = std::array<std::atomic<std::uint64_t>, kJobsMax>;

void say(std::uint64_t seed, const std::string& words) {
  std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), words.c_str());
  std::fflush(stdout);
}

// Seeds are handed out in order, so that the first failure is the least seed that fails, or near it.
class Run {
 public:
  Run(const Settings& settings, Progress& progress)
      : settings_(settings),
        progress_(progress),
        next_(settings.seed.value_or(settings.first)),
        end_(settings.seed ? *settings.seed + 1 : settings.first + settings.seeds) {}

  int run() {
    std::vector<std::thread> jobs;
    for (unsigned i = 0; i < settings_.jobs; ++i) jobs.emplace_back([this, i] { run_job(progress_[i]); });
    for (std::thread& job : jobs) job.join();
    if (settings_.stats)
      for (const auto& [what, times] : statistics_.counts())
        std::printf("%12llu  %s\n", static_cast<unsigned long long>(times), what.c_str());
    return failed_ ? 1 : 0;
  }

 private:
  void run_job(std::atomic<std::uint64_t>& at) {
    Statistics statistics;
    Simulation::Trace trace;
    if (settings_.verbose) trace = [](const std::string& words) { std::printf("%s\n", words.c_str()); };
    while (!failed_ || settings_.keep_going) {
      const std::uint64_t seed = next_++;
      if (seed >= end_) break;
      at = seed;
      try {
        Simulation(seed, statistics, trace).run();
      } catch (const Violation& broken) {
        failed_ = true;
        say(seed, broken.what());
      }
    }
    at = 0;
    const std::lock_guard lock(mutex_);
    statistics_.add(statistics);
  }

  const Settings& settings_;
  Progress& progress_;
  std::atomic<std::uint64_t> next_;
  std::uint64_t end_;
  std::atomic<bool> failed_ = false;
  std::mutex mutex_;
  Statistics statistics_;
};

// A failed check in the code under test ends its process at once.
int run_in_child(const Settings& settings) {
  void* const shared = ::mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) return 1;
  auto& progress = *new (shared) Progress{};
  const pid_t child = ::fork();
  if (child < 0) return 1;
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::exit(Run(settings, progress).run());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) <= 1) return WEXITSTATUS(status);
  for (const auto& seed : progress)
    if (seed != 0) say(seed, "the process died, or another job's seed ended it");
  return 1;
}

}  // namespace
}  // namespace crawlspool::simulator

int main(int argc, char** argv) {
  crawlspool::simulator::Settings settings;
  CLI::App app{"Drives the spool through seeded faults and crashes on a disk in memory, and holds it to its promises."};
  app.add_option("--seeds", settings.seeds, "how many")->capture_default_str();
  app.add_option("--first", settings.first, "the first one")->capture_default_str();
  app.add_option("--jobs", settings.jobs, "threads")
      ->capture_default_str()
      ->check(CLI::Range(1U, crawlspool::simulator::kJobsMax));
  app.add_option("--seed", settings.seed, "this one only");
  app.add_flag("-v,--verbose", settings.verbose, "say each step");
  app.add_flag("--keep-going", settings.keep_going, "do not end at the first seed that fails");
  app.add_flag("--stats", settings.stats, "say at the end how often each thing has happened");
  CLI11_PARSE(app, argc, argv);
  if (settings.verbose) settings.jobs = 1;
  // The same sizes come and go a thousand times a second: keep what was had from the kernel.
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  return crawlspool::simulator::run_in_child(settings);
}
