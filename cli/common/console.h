// Standard error: messages, and a progress bar if it is a terminal. The bar is one line at the bottom; messages push
// it down.
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

  // A whole line. What others made (file names, a server's words) is passed through shown() first.
  void say(const std::string& line);
  void say_error(const base::Error& error);  // "crawlspool: …"

  // Cheap to call often: draws at most ten times a second, and nothing where there is no terminal. `total` 0: unknown.
  void progress(std::uint64_t done_bytes, std::uint64_t total_bytes, std::uint64_t count, const char* noun);
  // The same for work that is not counted in bytes: `share` from 0 to 1.
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

// Without what could steer a terminal.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace crawlspool::cli
