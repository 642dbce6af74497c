// How many lines of one event word get into the log: a burst of 20, then one each 10 s, for what peers and broken
// disks can cause at will. What is left out is counted. Thread-safe; time is handed in, in microseconds (monotonic).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crawlspool::base {

class LogLimiter {
 public:
  static constexpr std::int64_t kBurstLines = 20;
  static constexpr std::int64_t kRefillUs = 10'000'000;

  // For a line that may pass: how many of its word were left out since the last one that did. Else nothing.
  [[nodiscard]] std::optional<std::uint64_t> admit(std::string_view event, std::int64_t now_us);

  struct LeftOut {
    std::string event;
    std::uint64_t lines;
  };
  // What was left out and has not been told by a later line of the same word; counted from 0 again.
  [[nodiscard]] std::vector<LeftOut> take_left_out();

 private:
  struct Allowance {
    std::int64_t full_at_us = 0;  // when the whole burst is there again; each line moves it by kRefillUs
    std::uint64_t left_out = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Allowance, std::less<>> words_;  // by our own event words: bounded by their number
};

}  // namespace crawlspool::base
