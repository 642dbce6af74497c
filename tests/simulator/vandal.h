// Harms what is on the disk and known to be synced: flips a byte, zeroes a page, cuts a file short. Says which
// positions that may cost.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/simulator/census.h"
#include "tests/simulator/random.h"
#include "tests/simulator/ranges.h"
#include "tests/simulator/statistics.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::simulator {

struct Harm {
  std::string file;
  std::string what;  // for words about it
  Ranges may_cost;
  bool unacked_may_be_lost = false;  // the durable position now says more than is true
};

class Vandal {
 public:
  Vandal(test::ForgetfulDisk& disk, Random& random, Statistics& statistics)
      : disk_(disk), random_(random), statistics_(statistics) {}

  // To be called after a crash, before the next start. `before` is the spool as it lies there, `acked_end` the end of
  // what was acked. Nothing if it found nothing to harm.
  [[nodiscard]] std::optional<Harm> strike(const Census& before, spool::Position acked_end);

 private:
  enum class Way { kFlip, kZero, kCut };
  struct Hit {
    std::uint64_t offset;
    std::uint64_t bytes;
  };

  [[nodiscard]] std::vector<std::string> targets() const;
  [[nodiscard]] Hit choose(Way way, std::uint64_t size_max);
  [[nodiscard]] Harm describe(const std::string& file, Way way, std::uint64_t offset);
  void apply(const std::string& file, Way way, const Hit& hit);
  [[nodiscard]] std::optional<Harm> strike_plain(const std::string& file, const Census& before,
                                                 spool::Position acked_end);
  [[nodiscard]] spool::Position end_of(spool::Position begin) const;
  [[nodiscard]] std::optional<Harm> strike_compressed(const std::string& file);
  [[nodiscard]] std::optional<Harm> strike_control(const std::string& file, spool::Position acked_end);

  test::ForgetfulDisk& disk_;
  Random& random_;
  Statistics& statistics_;
};

}  // namespace crawlspool::simulator
