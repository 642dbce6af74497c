// What the doctor looks at in the file system below the spool: its kind, how it is mounted, the room.
#pragma once

#include "cli/doctor/finding.h"
#include "cli/doctor/mounts.h"
#include "config/model.h"

namespace crawlspool::cli {

// Where it is not there yet, of the nearest directory above it.
[[nodiscard]] Findings check_disk(const std::string& spool_directory, const config::Spool& config);

// The judgements behind it.
[[nodiscard]] Finding judge_file_system(const Mount& mount);
[[nodiscard]] Finding judge_mount_options(const Mount& mount);
[[nodiscard]] Finding judge_free_space(std::uint64_t free_bytes, const config::Spool& config);

}  // namespace crawlspool::cli
