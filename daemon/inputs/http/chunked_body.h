// A body in chunks (RFC 9112, 7.1), byte by byte but for the chunks' data: whatever is wrong is refused with the byte
// that is wrong, however the input is cut. No I/O, and it keeps nothing of the data.
//
//   size line ──► data ──► its CRLF ──┐
//      ▲  └─ 0 ──► trailer ──► whole  │      broken, too large: final
//      └──────────────────────────────┘
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace crawlspool::http {

class ChunkedBody {
 public:
  enum class Step {
    kNeedMore,
    kData,      // data() is the next piece of the body
    kWhole,     // and the trailer with it
    kTooLarge,  // a size line announces more than the limit
    kBroken,    // fault() says what
  };

  // Takes bytes off the front of `input`. What is behind the body stays in it.
  [[nodiscard]] Step next(std::string_view& input);

  [[nodiscard]] std::string_view data() const { return data_; }  // after kData; a view of its input
  [[nodiscard]] std::string_view fault() const { return fault_; }
  void limit(std::uint64_t bytes_max) { bytes_max_ = bytes_max; }  // of all data

 private:
  // Where the next byte is.
  enum class At {
    kFirstDigit,
    kDigit,
    kBeforeExtension,  // blanks, which only an extension may follow
    kExtension,        // behind its semicolon
    kName,
    kBehindName,
    kValue,  // behind the equals sign
    kToken,
    kQuoted,
    kEscaped,
    kBehindQuoted,
    kSizeLineFeed,
    kData,
    kDataReturn,
    kDataLineFeed,
    kTrailer,  // a line's first byte
    kFieldName,
    kFieldValue,
    kFieldLineFeed,
    kLastLineFeed,
    kWhole,
    kBroken,
  };

  Step take_data(std::string_view& input);
  [[nodiscard]] Step take(char c);
  [[nodiscard]] At behind(char c);
  [[nodiscard]] At behind_in_size_line(char c);
  [[nodiscard]] At behind_in_extension(char c);
  [[nodiscard]] At behind_in_trailer(char c);
  [[nodiscard]] At take_digit(char c);
  [[nodiscard]] At end_of_size_line();
  [[nodiscard]] At end_of_field_name();
  [[nodiscard]] At broken(std::string_view fault);

  At at_ = At::kFirstDigit;
  std::uint64_t size_ = 0;        // of the chunk; then, what is left of it
  std::uint64_t body_bytes_ = 0;  // announced so far
  std::uint64_t bytes_max_ = std::numeric_limits<std::uint64_t>::max();
  std::size_t line_bytes_ = 0;  // of this size line, or of the trailer
  std::string field_name_;      // of the trailer, lower case, cut
  std::string_view data_;
  std::string_view fault_;
};

}  // namespace crawlspool::http
