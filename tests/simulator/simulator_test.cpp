// The fault simulator's first seeds. A seed that fails is replayed by `spool_simulator --seed N -v`.
#include <gtest/gtest.h>

#include "tests/simulator/simulation.h"
#include "tests/simulator/violation.h"

namespace crawlspool::simulator {
namespace {

constexpr std::uint64_t kSeeds = 3000;

TEST(Simulator, NoFaultOrCrashLosesDoublesOrReordersWhatWasAcked) {
  Statistics statistics;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    try {
      Simulation(seed, statistics, nullptr).run();
    } catch (const Violation& broken) {
      FAIL() << "seed " << seed << ": " << broken.what();
    }
  }
  EXPECT_EQ(statistics.counts().at("seeds"), kSeeds);
}

}  // namespace
}  // namespace crawlspool::simulator
