// What the doctor looks at in the spool directory: whose it is, the files beside the segments, the segments' row.
// Reads names, ends and small files, no lines: that is `verify`. Changes nothing; may run beside the daemon.
#pragma once

#include <string>

#include "cli/doctor/finding.h"

namespace crawlspool::cli {

// `daemon_answers`: one does at the admin listener that goes with this spool.
[[nodiscard]] Findings check_spool(const std::string& path, bool daemon_answers);

}  // namespace crawlspool::cli
