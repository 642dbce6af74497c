// Reads the records of a list of files, one after the other; `-` is standard input. Never blocks on a pipe: next() says
// when there is nothing yet, and the caller waits for fd(). Skips a byte order mark at a file's start. Refuses whole
// what does not look like records, one a line (input_kind.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/common/line_splitter.h"
#include "clients/cpp/record_window.h"
#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::cli {

using client::Place;  // its file is an index into the list

class RecordSource {
 public:
  enum class Step { kRecord, kNothingYet, kFileFailed, kEnd };

  RecordSource(std::vector<std::string> files, std::size_t record_bytes_max);

  // Is called before anything else: lines are then handed out whatever the input looks like.
  void take_as_is() { judges_kind_ = false; }

  // Checks, before anything is sent, that every file is there to be read and that each regular one looks like records;
  // sets total_bytes(). Fails with kDamaged and with what to do if one is something else.
  [[nodiscard]] base::Result<void> check_files();
  // Returns the sum over all files, or 0 if one is not regular.
  [[nodiscard]] std::uint64_t total_bytes() const { return total_bytes_; }

  // Is called before the first next(), for a single file: it is open as `fd`, and what is before `offset`, of `lines`
  // lines, is skipped.
  [[nodiscard]] base::Result<void> begin_at(base::UniqueFd fd, std::uint64_t offset, std::uint64_t lines);

  // Sets `line` on kRecord, whose bytes are valid until the next call. On kFileFailed error() says why, before any of
  // the file's records where it is something else; the next call goes on with the next file.
  [[nodiscard]] Step next(RecordLine& line);
  [[nodiscard]] std::uint32_t file_index() const { return static_cast<std::uint32_t>(index_); }  // of that record
  [[nodiscard]] const base::Error& error() const { return error_; }
  [[nodiscard]] int fd() const { return fd_; }  // after kNothingYet
  [[nodiscard]] std::uint64_t bytes_read() const { return bytes_read_; }

  // Returns "FILE:LINE".
  [[nodiscard]] std::string describe(const Place& place) const;

 private:
  enum class Fill { kSome, kNothingYet, kEnd, kFailed, kForeign };

  [[nodiscard]] base::Result<void> check_kind(const std::string& file) const;
  [[nodiscard]] base::Result<void> judge(const std::string& file, std::string_view first, bool is_all) const;
  [[nodiscard]] bool open_file();
  [[nodiscard]] Fill fill();
  [[nodiscard]] Fill read_some();
  [[nodiscard]] Fill judge_first(bool is_all);
  [[nodiscard]] Step fail_file(base::Error error);
  void leave_file();

  std::vector<std::string> files_;
  std::size_t index_ = 0;
  base::UniqueFd opened_;  // but for standard input
  int fd_ = -1;
  bool leave_first_ = false;  // the file's last record is out
  bool judges_kind_ = true;
  bool is_at_start_ = true;  // of the file, whose first bytes are being gathered
  std::string first_;        // those
  bool is_at_end_ = false;   // it has been read to its end
  LineSplitter splitter_;
  std::string buffer_;
  std::string_view unread_;  // within buffer_
  base::Error error_;
  std::uint64_t total_bytes_ = 0;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace crawlspool::cli
