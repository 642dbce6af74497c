#include "cli/bench/records.h"

#include <algorithm>

namespace crawlspool::bench {
namespace {

constexpr const char* kMessage = R"({"aaa": "bbb"})";
constexpr std::uint64_t kEnough = 10'000;  // more of the same would only fill the processor's caches
constexpr std::size_t kEnoughBytes = 1024 * 1024;

}  // namespace

void repeat_few(Records& records) {
  const std::size_t count = records.texts.size();
  std::size_t bytes = 0;
  for (const std::string& text : records.texts) bytes += text.size();
  for (std::size_t held = bytes; held < kEnoughBytes && records.texts.size() < kEnough; held += bytes)
    for (std::size_t i = 0; i < count; ++i) records.texts.push_back(records.texts[i]);
}

Records origin_records(std::uint64_t count) {
  return {kMessage, std::vector<std::string>(std::clamp<std::uint64_t>(count, 1, kEnough), kMessage)};
}

}  // namespace crawlspool::bench
