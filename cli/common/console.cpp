#include "cli/common/console.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "cli/common/human.h"
#include "daemon/base/text.h"

namespace crawlspool::cli {
namespace {

constexpr std::int64_t kDrawEveryUs = 100'000;
constexpr std::size_t kBarCells = 24;
constexpr const char* kEraseLine = "\r\033[K";

std::string bar(double share) {
  const auto full = static_cast<std::size_t>(share * static_cast<double>(kBarCells));
  return "[" + std::string(full, '#') + std::string(kBarCells - full, '.') + "] " + fixed(100 * share, 0) + "%  ";
}

bool stderr_is_terminal() {
  const char* const term = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

}  // namespace

std::string shown(std::string_view text) {
  std::string escaped;
  base::append_json_escaped(escaped, text);
  return escaped;
}

Console::Console() : is_terminal_(stderr_is_terminal()), started_us_(clock_.monotonic_us()), drawn_us_(started_us_) {}

void Console::say(const std::string& line) {
  clear_bar();
  std::fputs((line + "\n").c_str(), stderr);
}

void Console::say_error(const base::Error& error) { say("crawlspool: " + error.message()); }

bool Console::is_time_to_draw() {
  if (!is_terminal_) return false;
  const std::int64_t now = clock_.monotonic_us();
  if (now - drawn_us_ < kDrawEveryUs) return false;
  drawn_us_ = now;
  return true;
}

void Console::progress(std::uint64_t done_bytes, std::uint64_t total_bytes, std::uint64_t count, const char* noun) {
  if (!is_time_to_draw()) return;
  std::string line;
  if (total_bytes > 0) {
    line += bar(std::min(1.0, static_cast<double>(done_bytes) / static_cast<double>(total_bytes)));
    line += human_bytes(done_bytes) + " of " + human_bytes(total_bytes);
  } else {
    line += human_bytes(done_bytes);
  }
  const double seconds = static_cast<double>(drawn_us_ - started_us_) / 1e6;
  line += "  " + counted(count, noun) + "  " + fixed(static_cast<double>(count) / std::max(seconds, 1e-3), 0) + "/s";
  draw(line);
}

void Console::progress(double share, const std::string& what) {
  if (is_time_to_draw()) draw(bar(std::clamp(share, 0.0, 1.0)) + what);
}

void Console::draw(const std::string& line) {
  std::fputs((kEraseLine + line).c_str(), stderr);
  std::fflush(stderr);
  bar_shown_ = true;
}

void Console::clear_bar() {
  if (!bar_shown_) return;
  std::fputs(kEraseLine, stderr);
  std::fflush(stderr);
  bar_shown_ = false;
}

}  // namespace crawlspool::cli
