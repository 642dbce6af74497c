// The lines of some batches laid end to end, and how far of them the segment has. Views into the batches, which
// outlive what of them is not taken yet.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "daemon/commit/append_batch.h"

namespace crawlspool::commit {

class PendingLines {
 public:
  explicit PendingLines(std::span<const std::unique_ptr<AppendBatch>> batches);

  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::span<const std::string_view> chunks() const { return chunks_; }
  [[nodiscard]] std::size_t first_line_bytes() const;

  // The next `bytes`, whole lines, are in the segment. Returns how many batches, from the first that is not taken yet,
  // are so wholly.
  [[nodiscard]] std::size_t advance(std::size_t bytes);

 private:
  std::vector<std::string_view> chunks_;
  std::size_t bytes_ = 0;
  std::vector<std::size_t> batch_bytes_;  // what is left of each batch that is not wholly taken
};

}  // namespace crawlspool::commit
