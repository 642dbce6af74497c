// What was asked of the forgetful disk, and in what order.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/support/forgetful_file_system.h"

namespace crawlspool::test {

// Where the first such call stands in calls(); far behind all if it was not made.
[[nodiscard]] inline std::size_t place_of(const ForgetfulDisk& disk, Call call, std::string_view name_end) {
  const auto calls = disk.calls();
  for (std::size_t i = 0; i < calls.size(); ++i)
    if (calls[i].call == call && calls[i].name.ends_with(name_end)) return i;
  return SIZE_MAX;
}

using CallOn = std::pair<Call, std::string>;

// The calls that change the disk, in order; without preallocation, which changes nothing that can be lost.
[[nodiscard]] inline std::vector<CallOn> changes_of(const ForgetfulDisk& disk) {
  std::vector<CallOn> changes;
  for (const StorageCall& made : disk.calls())
    if (made.call != Call::kRead && made.call != Call::kDropCache && made.call != Call::kPreallocate)
      changes.emplace_back(made.call, made.name);
  return changes;
}

}  // namespace crawlspool::test
