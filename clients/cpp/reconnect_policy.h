// Decides when to connect again after a connection was lost or refused, after a delay that doubles and is jittered, so
// that many clients do not come back together; and when to give up. Has no clock and does no I/O: times are given, in
// microseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <random>

namespace crawlspool::client {

class ReconnectPolicy {
 public:
  static constexpr std::int64_t kFirstDelayMs = 100;
  static constexpr std::int64_t kDelayMsMax = 5000;

  // `give_up_after_ms` counts from the first failure that no progress followed. With 0 the first one is final.
  ReconnectPolicy(std::int64_t give_up_after_ms, std::uint32_t seed)
      : give_up_after_ms_(give_up_after_ms), random_(seed) {}

  // A connection or an attempt to connect has failed. Returns when to try again, `delay_ms_min` from now on at the
  // earliest, or nothing to give up. The last attempt is not before the time to give up.
  [[nodiscard]] std::optional<std::int64_t> failed(std::int64_t now_us, std::int64_t delay_ms_min);

  // Something was acknowledged, or the server asks for patience.
  void made_progress();

 private:
  std::int64_t give_up_after_ms_;
  std::mt19937 random_;
  std::optional<std::int64_t> first_failure_us_;
  std::int64_t delay_ms_ = kFirstDelayMs;
};

}  // namespace crawlspool::client
