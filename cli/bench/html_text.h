// Pieces that the page is put together from.
#pragma once

#include <string>
#include <string_view>

#include "cli/bench/mode.h"

namespace crawlspool::bench {

// Text as it may stand between tags and inside quotes.
[[nodiscard]] std::string html_escaped(std::string_view text);

// A coordinate or a length, to a tenth.
[[nodiscard]] std::string coordinate(double value);

// The class by which the style gives a mode its colour.
[[nodiscard]] std::string mode_class(Mode mode);

// What stands in the page's <style>.
[[nodiscard]] std::string_view page_style();

}  // namespace crawlspool::bench
