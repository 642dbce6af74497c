#include "cli/bench/html_text.h"

#include <fmt/format.h>

namespace crawlspool::bench {

std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string coordinate(double value) { return fmt::format("{:.1f}", value); }

std::string mode_class(Mode mode) { return "mode-" + std::string(info(mode).name); }

}  // namespace crawlspool::bench
