// Reads the records that were refused, as rejected/ keeps them, and prints them. May run beside a daemon, which may
// remove the oldest file at any moment. Source: FORMAT.md, "rejected/".
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
  std::string client;  // empty where there was none
  std::string peer;
  std::string charset;       // what it came in; empty: UTF-8
  std::uint64_t length = 0;  // how many bytes the record had
  std::string raw;           // its first 64 KiB, or 64 bytes
  bool is_brief = false;     // only 64 bytes are kept, because its sender had too many refused

  [[nodiscard]] bool is_whole() const { return raw.size() == length; }
};

// Which lines are wanted; a member that is empty or not set does not matter.
struct RejectedWanted {
  std::vector<std::string> ids;
  std::optional<std::string> code;
  std::optional<std::string> client;
  std::optional<std::int64_t> since_us;  // wall clock

  [[nodiscard]] bool takes(const RejectedLine& line) const;
};

struct RejectedCounts {
  std::uint64_t taken = 0;
  std::uint64_t unsound = 0;  // whole lines whose checksum does not match
};

// Hands out those wanted, oldest first, until `on_line` fails. Fails with kNotFound if an id is not there, or no more.
[[nodiscard]] base::Result<RejectedCounts> read_rejected(
    spool::Directory& spool_directory, const RejectedWanted& wanted,
    const std::function<base::Result<void>(const RejectedLine&)>& on_line);

// Returns "" if it is an id, and the complaint otherwise, which is what CLI11 asks of a check.
[[nodiscard]] std::string check_rejected_id(const std::string& text);

// These print a line, with its line break. Nothing in the text can steer a terminal.
[[nodiscard]] std::string rejected_row(const RejectedLine& line);
[[nodiscard]] std::string rejected_paragraph(const RejectedLine& line);  // with what the record holds
// Says what is kept of a record that is not whole, and why.
[[nodiscard]] std::string kept_in_part(const RejectedLine& line);
// Returns the line as it is kept, its id in front, without the checksum.
[[nodiscard]] std::string rejected_json(const RejectedLine& line, bool with_raw);

}  // namespace crawlspool::cli
