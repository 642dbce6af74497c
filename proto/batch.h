// The records of a batch: its lines, split at byte 0x0A, but for blank ones. Source: PROTOCOL.md, "Batch".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace crawlspool::proto {

// Views into `batch`, which outlives the reader. The rest of the batch and whatever is behind it is readable behind
// each record.
class BatchReader {
 public:
  // A run of so many bytes of blank lines ends a call of next(), and no call skips more than kSkipBytesMax of them.
  static constexpr std::size_t kLongRunBytes = 1024;
  static constexpr std::size_t kSkipBytesMax = 64 * 1024;

  BatchReader() = default;
  explicit BatchReader(std::string_view batch) : rest_(batch) {}

  // The next record, without its line's end; nothing at the batch's end, or after a long run of blank lines: then
  // rest_bytes() is not 0, and the caller calls again once it has counted what it skipped.
  [[nodiscard]] std::optional<std::string_view> next();

  [[nodiscard]] std::size_t rest_bytes() const { return rest_.size(); }

 private:
  // Past blank lines. False if next() has to end with that.
  [[nodiscard]] bool skip_blank_lines();

  std::string_view rest_;
};

// Stops counting at `enough`.
[[nodiscard]] std::uint64_t count_records(std::string_view batch, std::uint64_t enough);

}  // namespace crawlspool::proto
