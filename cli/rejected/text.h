// A rejected record as `crawlspool rejected` prints it. Nothing in it can steer a terminal.
#pragma once

#include <string>

#include "cli/rejected/lines.h"

namespace crawlspool::cli {

// Each with its line break.
[[nodiscard]] std::string rejected_row(const RejectedLine& line);
[[nodiscard]] std::string rejected_paragraph(const RejectedLine& line);  // with what the record holds
// Of one that is not whole: what there is of it, and why.
[[nodiscard]] std::string kept_in_part(const RejectedLine& line);
// The line as it is kept, its id in front, without the checksum.
[[nodiscard]] std::string rejected_json(const RejectedLine& line, bool with_raw);

}  // namespace crawlspool::cli
