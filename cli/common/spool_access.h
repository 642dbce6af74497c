// Opens a spool directory for the commands that read one, and finds out how far it can be read.
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

// Does the same for those who want to know what is wrong with it: spool.json may be missing or damaged where there are
// segments.
[[nodiscard]] base::Result<std::unique_ptr<spool::Directory>> open_damaged_spool(const std::string& path);

// Returns whether a daemon holds the spool's lock, as far as the kernel says. Takes no lock itself.
[[nodiscard]] bool is_in_use(const spool::Directory& directory);

// Returns the position before which every line is durable: by the durable file or, where that does not say, the
// beginning of the active segment. It is never ahead of the truth, and may be ahead of what a listing made earlier
// showed.
[[nodiscard]] base::Result<spool::Position> durable_position(spool::Directory& directory);

// Reads an option's number: digits only, with leading zeros as in a segment's name.
[[nodiscard]] std::optional<std::uint64_t> parse_count(const std::string& text);
// Each returns "" or the complaint, which is what CLI11 asks of a check.
[[nodiscard]] std::string check_count(const std::string& text);
[[nodiscard]] std::string check_cursor_name(const std::string& text);

}  // namespace crawlspool::cli
