// The records of a batch: its lines, split at byte 0x0A, but for blank ones. Source: PROTOCOL.md, "Batch".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace crawlspool::proto {

// Views into `batch`, which outlives the reader. The rest of the batch and whatever is behind it is readable behind
// each record.
class BatchReader {
 public:
  BatchReader() = default;
  explicit BatchReader(std::string_view batch) : rest_(batch) {}

  // The next record, without its line's end; nothing at the batch's end.
  [[nodiscard]] std::optional<std::string_view> next();

  [[nodiscard]] std::size_t rest_bytes() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

// Stops counting at `enough`.
[[nodiscard]] std::uint64_t count_records(std::string_view batch, std::uint64_t enough);

}  // namespace crawlspool::proto
