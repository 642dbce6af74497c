// The `ts` of each line of a segment's bytes as they come in pieces, and their range. Cheap: looks at a line's first
// bytes only and does not check its CRC, so a damaged line may show a ts that it never had; a sound one's is never
// missed. In the spool's spelling the order of the text is the order of time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace crawlspool::spool {

// Empty where no line had a ts.
struct TimestampRange {
  std::string least;
  std::string greatest;
  void take(std::string_view timestamp);
  bool operator==(const TimestampRange&) const = default;
};

class TimestampScanner {
 public:
  // `offset`: of the line's first byte, counted from the first byte fed. False: enough, feed() returns.
  using Visit = std::function<bool(std::uint64_t offset, std::string_view timestamp)>;

  // The pieces begin at a line's start. False as soon as `visit` has said so; feed no more then.
  [[nodiscard]] bool feed(std::string_view piece, const Visit& visit);

 private:
  std::string head_;      // the first bytes of a line, as far as the pieces so far have them
  bool in_line_ = false;  // behind a line's first bytes
  std::uint64_t line_offset_ = 0;
  std::uint64_t fed_ = 0;
};

}  // namespace crawlspool::spool
