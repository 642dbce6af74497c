// Counts the failed tokens of each address, so that guessing is slow: after ten within a minute, each further one waits
// a second. Remembers a bounded number of addresses. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "daemon/base/endpoint.h"

namespace crawlspool::auth {

class FailedTokens {
 public:
  static constexpr std::uint64_t kFreeAMinute = 10;
  static constexpr std::int64_t kMinuteMs = 60'000;
  static constexpr std::int64_t kWaitMs = 1'000;
  static constexpr std::size_t kAddressesMax = 4096;

  // Counts one and returns for how many milliseconds its answer waits: 0 or kWaitMs. With kAddressesMax others in
  // their minute, a new address waits at once.
  [[nodiscard]] std::int64_t count(const base::MachineKey& address, std::int64_t now_ms);

  [[nodiscard]] std::uint64_t total() const;

 private:
  struct Minute {
    std::int64_t began_ms = 0;
    std::uint64_t failures = 0;
  };
  void forget_old(std::int64_t now_ms);

  mutable std::mutex mutex_;
  std::map<decltype(base::MachineKey::bytes), Minute> minutes_;
  std::int64_t swept_ms_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace crawlspool::auth
