// Whether a line whose end is missing is a whole record, or may be the start of one that is still being written.
#pragma once

#include <string_view>

namespace crawlspool::cli {

// One JSON text that cannot go on: a number could.
[[nodiscard]] bool is_whole_record(std::string_view line);

}  // namespace crawlspool::cli
