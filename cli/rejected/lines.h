// The records that were refused, as rejected/ keeps them. Reads beside a running daemon, which may remove the oldest
// file at any moment. Source: FORMAT.md, "rejected/".
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/spool/storage/file_system.h"

namespace crawlspool::cli {

// One line. Its id, "FILE.LINE", names it for as long as its file is kept: the file's number, and the line's from 1.
struct RejectedLine {
  std::string id;
  std::string json;  // the line as it stands, without its line break
  std::string ts;
  std::string code;
  std::string detail;
  std::string client;  // empty: none
  std::string peer;
  std::uint64_t length = 0;  // the record's bytes
  std::string raw;           // the first 64 KiB of them, or 64 bytes
  bool is_brief = false;     // 64, because its sender's came too fast

  [[nodiscard]] bool is_whole() const { return raw.size() == length; }
};

// What is wanted; what is empty or not set asks nothing.
struct RejectedWanted {
  std::vector<std::string> ids;
  std::optional<std::string> code;
  std::optional<std::string> client;
  std::optional<std::int64_t> since_us;  // wall clock

  [[nodiscard]] bool takes(const RejectedLine& line) const;
};

struct RejectedCounts {
  std::uint64_t taken = 0;
  std::uint64_t unsound = 0;  // whole lines that do not prove themselves
};

// Hands out those wanted, oldest first, until `on_line` fails. kNotFound: an id that is there no more, or never was.
[[nodiscard]] base::Result<RejectedCounts> read_rejected(
    spool::Directory& spool_directory, const RejectedWanted& wanted,
    const std::function<base::Result<void>(const RejectedLine&)>& on_line);

// For options: empty if it is an id, else the complaint.
[[nodiscard]] std::string check_rejected_id(const std::string& text);

// Each with its line break.
[[nodiscard]] std::string rejected_row(const RejectedLine& line);
[[nodiscard]] std::string rejected_paragraph(const RejectedLine& line);  // with what the record holds
// Of one that is not whole: what there is of it, and why.
[[nodiscard]] std::string kept_in_part(const RejectedLine& line);
// The line as it is kept, its id in front, without the checksum.
[[nodiscard]] std::string rejected_json(const RejectedLine& line, bool with_raw);

}  // namespace crawlspool::cli
