// A terminal taken over for a full screen: its own page, no echo, keys as they are pressed. Given back when this object
// goes, however that comes about.
#pragma once

#include <termios.h>

#include <string>

#include "cli/top/view.h"

namespace crawlspool::cli {

// Standard input and output are a terminal that can be drawn on.
[[nodiscard]] bool has_terminal();

class Terminal {
 public:
  Terminal();
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  [[nodiscard]] ScreenSize size() const;
  void draw(const std::string& screen) const;  // lines, none longer than the terminal is wide
  // Waits so long for a key, or less where a signal comes. True: q was pressed, or there is no terminal any more.
  [[nodiscard]] bool wait_for_end(int timeout_ms) const;

 private:
  termios before_{};
};

}  // namespace crawlspool::cli
