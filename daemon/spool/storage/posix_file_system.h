// The real disk behind file_system.h. Opens files relative to a directory descriptor, without following links.
#pragma once

#include <memory>
#include <string>

#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

enum class IfMissing { kCreate, kFail };

// With kCreate makes a missing directory (0750), if its parent is there, and syncs the parent.
[[nodiscard]] base::Result<std::unique_ptr<Directory>> open_posix_directory(const std::string& path,
                                                                            IfMissing if_missing);

}  // namespace crawlspool::spool
