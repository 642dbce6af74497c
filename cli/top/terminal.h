// Takes a terminal over for a full screen: its own page, no echo, keys as they are pressed. Gives it back when this
// object goes, however that happens.
#pragma once

#include <termios.h>

#include <string>

#include "cli/top/view.h"

namespace crawlspool::cli {

// Returns whether standard input and output are a terminal that can be drawn on.
[[nodiscard]] bool has_terminal();

class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] ScreenSize size() const;
  // `screen` holds lines, none longer than the terminal is wide.
  void draw(const std::string& screen) const;
  // Waits so long for a key, or less where a signal comes. Returns true if q was pressed or the terminal is gone.
  [[nodiscard]] bool wait_for_end(int timeout_ms) const;

 private:
  termios before_{};
};

}  // namespace crawlspool::cli
