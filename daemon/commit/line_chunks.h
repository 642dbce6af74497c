// Memory for lines on their way to the disk. A LineChunks is filled chunk after chunk and written as it lies, so that
// lines are never moved; a line lies in one chunk. A PendingLines lays several of them end to end and remembers how far
// the segment has them.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace crawlspool::commit {

class LineChunks {
 public:
  // Returns room for `bytes_max` more; the caller writes there and then commits what it has written.
  [[nodiscard]] char* reserve(std::size_t bytes_max);
  void commit(std::size_t bytes);

  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t capacity_bytes() const { return capacity_bytes_; }  // what they take in memory
  [[nodiscard]] bool empty() const { return bytes_ == 0; }
  void append_views(std::vector<std::string_view>& out) const;
  // Keeps one chunk for the next batch.
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

class PendingLines {
 public:
  // Adds the lines of the next batch, which keeps them until advance() has counted it.
  void add(const LineChunks& lines);

  [[nodiscard]] bool empty() const { return chunks_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::span<const std::string_view> chunks() const { return chunks_; }
  [[nodiscard]] std::size_t first_line_bytes() const;

  // The next `bytes`, whole lines, are in the segment. Returns how many batches, from the first that was not counted
  // before, are wholly there.
  [[nodiscard]] std::size_t advance(std::size_t bytes);

 private:
  std::vector<std::string_view> chunks_;
  std::size_t bytes_ = 0;
  std::vector<std::size_t> batch_bytes_;  // what is pending of each batch that is not wholly there
};

}  // namespace crawlspool::commit
