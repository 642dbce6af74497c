// Memory for lines on their way to the disk: chunks that are filled one after the other and written as they lie, so
// that lines are never moved. A line lies in one chunk. Cleared, it keeps one chunk for the next batch.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace crawlspool::commit {

class LineChunks {
 public:
  // Room for `bytes_max` more; the caller writes there and then says how much.
  [[nodiscard]] char* reserve(std::size_t bytes_max);
  void commit(std::size_t bytes);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t capacity_bytes() const { return capacity_bytes_; }  // what they take in memory
  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  void append_views(std::vector<std::string_view>& out) const;
  void clear();

 private:
  struct Chunk {
    std::unique_ptr<char[]> data;
    std::size_t size = 0;
    std::size_t capacity = 0;
  };

  std::vector<Chunk> chunks_;
  std::size_t bytes_ = 0;
  std::size_t capacity_bytes_ = 0;
};

}  // namespace crawlspool::commit
