// A crash after each change that something makes to the disk, one after the other.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "tests/support/forgetful_file_system.h"

namespace crawlspool::test {

struct CrashPoint {
  std::uint64_t changes;  // that were made before everything stopped
  unsigned arrived;       // which of what was not synced reached the disk all the same
  bool done;              // `act` had succeeded
};

// `prepare` fills an empty disk, `act` is what is interrupted and says whether it succeeded, `check` looks at what the
// crash left. For each change and for several ways in which unsynced things may have arrived, until `act` gets through.
inline void crash_at_each_change(const std::function<void(ForgetfulDisk&)>& prepare,
                                 const std::function<bool(ForgetfulDisk&)>& act,
                                 const std::function<void(ForgetfulDisk&, const CrashPoint&)>& check) {
  // Bits, taken from the lowest: nothing, everything, every other, the other ones, and some without a pattern.
  constexpr std::array<unsigned, 7> kArrived{0, ~0U, 0xAAAAAAAA, 0x55555555, 0x0F3C5A69, 0x9D2C5680, 0xFFFFFFFC};
  for (std::uint64_t changes = 0, got_through = 0; got_through == 0; ++changes) {
    for (const unsigned arrived : kArrived) {
      ForgetfulDisk disk;
      prepare(disk);
      disk.stop_after(changes);
      const bool done = act(disk);
      disk.crash([bits = arrived]() mutable {
        const bool arrives = (bits & 1U) != 0;
        bits = bits >> 1U | (bits & 1U) << 31U;
        return arrives;
      });
      const ::testing::ScopedTrace trace(
          __FILE__, __LINE__, "crash after change " + std::to_string(changes) + ", arrived " + std::to_string(arrived));
      check(disk, CrashPoint{changes, arrived, done});
      if (::testing::Test::HasFailure()) return;
      if (done) ++got_through;
    }
  }
}

}  // namespace crawlspool::test
