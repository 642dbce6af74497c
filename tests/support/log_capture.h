// The daemon's log of one test, into a file of its own.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/log.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::test {

class LogCapture {
 public:
  LogCapture() { EXPECT_TRUE(base::start_log({.destination = temp_.file("log")})); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  ~LogCapture() { base::stop_log(); }

  // The lines of this event so far, from `event=` on. Nothing is logged any more.
  [[nodiscard]] std::vector<std::string> stop_and_find(std::string_view event) const {
    base::stop_log();
    const std::string all = read_all(temp_.file("log"));
    const std::string needle = "event=" + std::string(event);
    std::vector<std::string> found;
    for (std::size_t at = all.find(needle); at != std::string::npos; at = all.find(needle, at + 1))
      found.push_back(all.substr(at, all.find('\n', at) - at));
    return found;
  }

 private:
  TempDir temp_;
};

}  // namespace crawlspool::test
