// Cuts NDJSON into records, the way the protocol cuts a batch: at byte 0x0A only; a line that is empty once one
// trailing 0x0D is taken off is blank and no record. Counts every line, for messages. Does no I/O, and can be resumed
// at any byte.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace crawlspool::cli {

struct RecordLine {
  std::uint64_t number;      // counts from 1, blank lines, too
  std::string_view bytes;    // without its \n; valid until the splitter or its input is touched again
  bool is_too_long;          // its bytes were dropped
  std::uint64_t end_offset;  // where it ends in the input, its \n included
  bool has_line_end;         // false for what is behind the last \n
};

class LineSplitter {
 public:
  // Lines over `line_bytes_max` are not kept in memory.
  explicit LineSplitter(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  // Is called before the first input, which begins `offset` bytes and `lines` lines behind the start.
  void begin_at(std::uint64_t offset, std::uint64_t lines);

  // Takes bytes off the front of `input`. Returns true if `line` is set, and may be called again for the next one;
  // false once all input is taken.
  [[nodiscard]] bool next(std::string_view& input, RecordLine& line);

  // Ends the input: returns true if what is behind the last \n is a record. After this a new input starts at line 1.
  [[nodiscard]] bool finish(RecordLine& line);

 private:
  void keep(std::string_view bytes);
  [[nodiscard]] bool hand_out(std::string_view bytes, bool has_line_end, RecordLine& line);

  std::size_t line_bytes_max_;
  std::string begun_;          // a line whose end is not there yet
  bool begun_is_out_ = false;  // it was handed out by the last call
  bool too_long_ = false;
  std::uint64_t lines_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace crawlspool::cli
