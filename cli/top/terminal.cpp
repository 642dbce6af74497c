#include "cli/top/terminal.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace crawlspool::cli {
namespace {

constexpr const char* kOwnPage = "\033[?1049h\033[?25l";  // hides the cursor, too
constexpr const char* kPageBefore = "\033[?25h\033[?1049l";
constexpr const char* kHome = "\033[H";
constexpr const char* kEraseLineEnd = "\033[K";
constexpr const char* kEraseBelow = "\033[J";

void put(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

}  // namespace

bool has_terminal() {
  const char* const term = std::getenv("TERM");
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1 && term != nullptr &&
         std::string_view(term) != "dumb";
}

Terminal::Terminal() {
  ::tcgetattr(STDIN_FILENO, &before_);
  termios keys = before_;
  keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
  put(kOwnPage);
}

Terminal::~Terminal() {
  put(kPageBefore);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

ScreenSize Terminal::size() const {
  winsize window{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {window.ws_col, window.ws_row};
}

void Terminal::draw(const std::string& screen) const {
  std::string text = kHome;
  for (const char c : screen) text += c == '\n' ? std::string(kEraseLineEnd) + "\n" : std::string(1, c);
  put(text + kEraseLineEnd + kEraseBelow);
}

bool Terminal::wait_for_end(int timeout_ms) const {
  pollfd waiting{STDIN_FILENO, POLLIN, 0};
  char key = 0;
  if (::poll(&waiting, 1, timeout_ms) <= 0) return false;
  return ::read(STDIN_FILENO, &key, 1) != 1 || key == 'q';
}

}  // namespace crawlspool::cli
