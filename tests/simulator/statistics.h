// How often each thing that a run is for has really happened. One a job; added up at the end.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace crawlspool::simulator {

class Statistics {
 public:
  void count(std::string_view what, std::uint64_t times = 1) {
    const auto found = counts_.find(what);
    if (found != counts_.end())
      found->second += times;
    else
      counts_.emplace(what, times);
  }
  void add(const Statistics& other) {
    for (const auto& [what, times] : other.counts_) count(what, times);
  }
  [[nodiscard]] const std::map<std::string, std::uint64_t, std::less<>>& counts() const { return counts_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> counts_;
};

}  // namespace crawlspool::simulator
