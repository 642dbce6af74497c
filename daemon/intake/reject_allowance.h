// Decides whose rejects are kept whole: of each client machine a burst of 1,000, then 100 a second. Of the others the
// verdict is kept and little more, so that one who sends nothing else fills neither the disk nor the loop's time.
// Bounded; on one loop's thread, time is handed in (monotonic).
#pragma once

#include <cstdint>
#include <unordered_map>

#include "daemon/base/endpoint.h"

namespace crawlspool::intake {

class RejectAllowance {
 public:
  static constexpr std::int64_t kBurst = 1000;
  static constexpr std::int64_t kRefillUs = 10'000;
  static constexpr std::size_t kMachinesMax = 4096;  // beyond, the others share one allowance

  // Takes one from the machine's allowance; false where that is used up.
  [[nodiscard]] bool take(const base::MachineKey& machine, std::int64_t now_us);

  [[nodiscard]] std::size_t machines() const { return full_at_us_.size(); }

 private:
  [[nodiscard]] std::int64_t& full_at_us_of(const base::MachineKey& machine, std::int64_t now_us);

  std::unordered_map<base::MachineKey, std::int64_t> full_at_us_;  // when a machine's whole burst is there again
  base::MachineKey newest_{};                                      // whose is
  std::int64_t* newest_full_at_us_ = nullptr;                      // this one
  std::int64_t others_full_at_us_ = 0;
  std::int64_t forget_at_us_ = 0;
};

}  // namespace crawlspool::intake
