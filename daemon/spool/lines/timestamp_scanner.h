// Finds the `ts` of each line in a segment's bytes, which come in pieces, and their range. It is cheap: it looks at a
// line's first bytes only and does not check its CRC, so a damaged line may show a ts that it never had. It never
// misses a sound line's. In the spool's spelling the order of the text is the order of time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace crawlspool::spool {

// Is empty where no line had a ts.
struct TimestampRange {
  std::string least;
  std::string greatest;
  void take(std::string_view timestamp);
  bool operator==(const TimestampRange&) const = default;
};

class TimestampScanner {
 public:
  // Gets the offset of the line's first byte, counted from the first byte fed. Returns false to end feed().
  using Visit = std::function<bool(std::uint64_t offset, std::string_view timestamp)>;

  // The first piece begins at a line's start. Returns false as soon as `visit` has; feed no more then.
  [[nodiscard]] bool feed(std::string_view piece, const Visit& visit);

 private:
  std::string head_;      // the first bytes of a line, as far as the pieces so far have them
  bool in_line_ = false;  // behind a line's first bytes
  std::uint64_t line_offset_ = 0;
  std::uint64_t fed_ = 0;
};

}  // namespace crawlspool::spool
