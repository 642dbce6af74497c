// Limits how many lines get into the log of what peers and broken disks can cause at will: a burst, then one each so
// often. What is suppressed is counted. Time is handed in, in microseconds (monotonic).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace crawlspool::base {

struct LogRate {
  std::int64_t burst_lines;
  std::int64_t refill_us;  // how long until one more line may pass
  bool is_fault;
};
inline constexpr LogRate kFaultRate{20, 10'000'000, true};  // of what someone does wrong
inline constexpr LogRate kLifeRate{200, 500'000, false};    // of the ordinary life of connections

// Limits one kind of line. Used on one thread at a time.
class LogAllowance {
 public:
  // Returns whether a line may pass at this moment.
  [[nodiscard]] bool admit(const LogRate& rate, std::int64_t now_us);

 private:
  std::optional<std::int64_t> full_at_us_;  // when the whole burst is there again; each line moves it by the refill
};

// Keeps one allowance for each event word. Thread-safe.
class LogLimiter {
 public:
  // Returns, for a line that may pass, how many of its word were suppressed since the last one that did; else nothing.
  [[nodiscard]] std::optional<std::uint64_t> admit(std::string_view event, const LogRate& rate, std::int64_t now_us);

  struct Suppressed {
    std::string event;
    std::uint64_t lines;
    bool is_fault;
  };
  // Returns what was suppressed and no later line of the same word has reported; counts from 0 again.
  [[nodiscard]] std::vector<Suppressed> take_suppressed();

 private:
  struct Word {
    LogAllowance allowance;
    std::uint64_t suppressed = 0;
    bool is_fault = false;
  };
  std::mutex mutex_;
  std::map<std::string, Word, std::less<>> words_;  // by our own event words: bounded by their number
};

}  // namespace crawlspool::base
