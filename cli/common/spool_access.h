// Opens a spool directory for the commands that read one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "daemon/spool/storage/file_system.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::cli {

// Refuses what is no spool, or one of a format that is not known.
[[nodiscard]] base::Result<std::unique_ptr<spool::Directory>> open_spool(const std::string& path);

// The same for those who want to know what is wrong with it: spool.json may be missing or damaged where there are
// segments.
[[nodiscard]] base::Result<std::unique_ptr<spool::Directory>> open_damaged_spool(const std::string& path);

// Whether a daemon holds the spool's lock, as far as the kernel tells. Takes nothing itself.
[[nodiscard]] bool is_in_use(const spool::Directory& directory);

// The position before which a line is there to stay: by the durable file, or, where that does not tell, the beginning
// of the active segment. Never ahead of the truth; may be ahead of what a listing made earlier showed.
[[nodiscard]] base::Result<spool::Position> settled_position(spool::Directory& directory);

// For options: digits only, leading zeros as in a segment's name.
[[nodiscard]] std::optional<std::uint64_t> parse_count(const std::string& text);
// Empty if parse_count takes it, else the complaint: what CLI11 asks of a check.
[[nodiscard]] std::string check_count(const std::string& text);
[[nodiscard]] std::string check_cursor_name(const std::string& text);

}  // namespace crawlspool::cli
