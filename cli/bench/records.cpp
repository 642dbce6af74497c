#include "cli/bench/records.h"

#include <algorithm>

namespace crawlspool::bench {
namespace {

constexpr const char* kMessage = R"({"aaa": "bbb"})";
constexpr std::uint64_t kDistinctMax = 10'000;  // they are all the same: more would only fill the processor's caches

}  // namespace

Records origin_records(std::uint64_t count) {
  return {kMessage, std::vector<std::string>(std::clamp<std::uint64_t>(count, 1, kDistinctMax), kMessage)};
}

}  // namespace crawlspool::bench
