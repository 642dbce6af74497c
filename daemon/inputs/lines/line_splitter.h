// Cuts a connection's bytes into records, one a line. Keeps what has begun and is not whole. Pure: knows nothing of
// JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::lines {

class LineSplitter {
 public:
  // Of a record that is longer than `record_bytes_max`, next() returns one byte more than that, and drops the rest.
  explicit LineSplitter(std::uint64_t record_bytes_max) : record_bytes_max_(record_bytes_max) {}

  // Takes bytes off the front of `input`. Returns the next record, without its line's end, which is valid until the
  // next call or until the input's buffer is touched, with padding behind it; nothing once all input is taken.
  [[nodiscard]] std::optional<std::string_view> next(std::string_view& input);
  // At the end of the stream: the last record, if its line has no end.
  [[nodiscard]] std::optional<std::string_view> last();
  // Frees the record that was returned last: its views end here.
  void free_returned();
  void drop();

  [[nodiscard]] bool has_begun() const { return received_bytes() > 0 || is_skipping_; }
  [[nodiscard]] std::size_t received_bytes() const { return is_handed_out_ ? 0 : partial_.size(); }
  [[nodiscard]] std::size_t held_bytes() const { return partial_.size(); }

 private:
  void keep(std::string_view bytes);

  const std::uint64_t record_bytes_max_;
  std::string partial_;
  bool is_handed_out_ = false;  // partial_ is the record that was returned last
  bool is_skipping_ = false;    // the record under way was returned, being too long
};

}  // namespace crawlspool::lines
