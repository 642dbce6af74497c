// Writes messages to standard error, and draws a progress bar if it is a terminal. The bar is one line at the bottom,
// which messages push down.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "daemon/base/clock.h"
#include "daemon/base/error.h"

namespace crawlspool::cli {

class Console {
 public:
  Console();
  ~Console() { clear_bar(); }
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // Writes a whole line. What others made (file names, a server's words) goes through shown() first.
  void say(const std::string& line);
  void say_error(const base::Error& error);  // "crawlspool: …"

  // Is cheap to call often: draws at most ten times a second, and nothing where there is no terminal. `total_bytes` is
  // 0 where it is not known.
  void progress(std::uint64_t done_bytes, std::uint64_t total_bytes, std::uint64_t count, const char* noun);
  // Does the same for work that is not counted in bytes; `share` goes from 0 to 1.
  void progress(double share, const std::string& what);
  void clear_bar();

 private:
  [[nodiscard]] bool is_time_to_draw();
  void draw(const std::string& line);

  base::SystemClock clock_;
  bool is_terminal_;
  bool bar_shown_ = false;
  std::int64_t started_us_;
  std::int64_t drawn_us_;
};

// Returns the text without what could steer a terminal.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace crawlspool::cli
