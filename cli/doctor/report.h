// The doctor's findings for people and for programs.
#pragma once

#include <string>

#include "cli/doctor/finding.h"

namespace crawlspool::cli {

// A line a finding, the remedy indented below it, and a last line that counts.
[[nodiscard]] std::string doctor_text(const Findings& findings);
// {"troubles":N,"notes":N,"findings":[{"health":"ok|note|trouble","check":…,"detail":…,"remedy":…}]} and a line break.
[[nodiscard]] std::string doctor_json(const Findings& findings);

[[nodiscard]] std::size_t count_of(const Findings& findings, Health health);

}  // namespace crawlspool::cli
