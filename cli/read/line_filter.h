// Decides which lines of the spool are wanted, by the envelope that the daemon has put around the record, and finds the
// last ones of them. Never looks into records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/spool/read/segment_reader.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::cli {

// Returns what is before the record of a sound line; the record may have members of the same names.
[[nodiscard]] std::string_view envelope_of(const spool::ReadLine& line);

class LineFilter {
 public:
  struct Wanted {
    std::optional<std::string> stream;
    std::optional<std::string> client;
    std::optional<std::int64_t> since_us;  // wall clock
  };
  explicit LineFilter(Wanted wanted);

  // Returns whether a sound line is wanted. Others have no envelope and are not taken unless everything is.
  [[nodiscard]] bool takes(const spool::ReadLine& line) const;
  // Returns the earliest ts that is taken, as lines spell it, or "" for any.
  [[nodiscard]] const std::string& since() const { return since_; }
  [[nodiscard]] bool takes_all() const { return !stream_ && !client_ && since_.empty(); }

 private:
  std::optional<std::string> stream_;  // as lines spell it, escaped
  std::optional<std::string> client_;
  std::string since_;  // as a line's ts is written: their order as text is that of time
};

// Returns the position of the last of `lines` wanted lines from the end, or the first place to look if there are fewer;
// never before `not_before`, a line's start. Looks back in ever larger steps and reads each line once; a requested stop
// ends the search early.
[[nodiscard]] base::Result<spool::Position> find_last_lines(spool::Directory& directory, const LineFilter& filter,
                                                            std::uint64_t lines, spool::Position not_before);

}  // namespace crawlspool::cli
