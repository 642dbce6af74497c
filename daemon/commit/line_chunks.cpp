#include "daemon/commit/line_chunks.h"

#include <algorithm>

namespace crawlspool::commit {
namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;

}  // namespace

char* LineChunks::reserve(std::size_t bytes_max) {
  if (chunks_.empty() || chunks_.back().capacity - chunks_.back().size < bytes_max) {
    const std::size_t capacity = std::max(kChunkBytes, bytes_max);
    capacity_bytes_ += capacity;
    chunks_.push_back({std::unique_ptr<char[]>(new char[capacity]), 0, capacity});  // not zeroed: all is written over
  }
  return chunks_.back().data.get() + chunks_.back().size;
}

void LineChunks::commit(std::size_t bytes) {
  chunks_.back().size += bytes;
  bytes_ += bytes;
}

void LineChunks::append_views(std::vector<std::string_view>& out) const {
  for (const Chunk& chunk : chunks_)
    if (chunk.size > 0) out.emplace_back(chunk.data.get(), chunk.size);
}

void LineChunks::clear() {
  const bool first_is_ordinary = !chunks_.empty() && chunks_.front().capacity == kChunkBytes;
  chunks_.resize(first_is_ordinary ? 1 : 0);
  if (first_is_ordinary) chunks_.front().size = 0;
  bytes_ = 0;
  capacity_bytes_ = first_is_ordinary ? kChunkBytes : 0;
}

void PendingLines::add(const LineChunks& lines) {
  lines.append_views(chunks_);
  batch_bytes_.push_back(lines.bytes());
  bytes_ += lines.bytes();
}

std::size_t PendingLines::first_line_bytes() const { return chunks_.front().find('\n') + 1; }

std::size_t PendingLines::advance(std::size_t bytes) {
  bytes_ -= bytes;
  std::size_t left = bytes;
  auto chunk = chunks_.begin();
  for (; chunk != chunks_.end() && left >= chunk->size(); ++chunk) left -= chunk->size();
  chunks_.erase(chunks_.begin(), chunk);
  if (left > 0) chunks_.front().remove_prefix(left);

  auto batch = batch_bytes_.begin();
  for (; batch != batch_bytes_.end() && bytes >= *batch; ++batch) bytes -= *batch;
  const auto whole = static_cast<std::size_t>(batch - batch_bytes_.begin());
  batch_bytes_.erase(batch_bytes_.begin(), batch);
  if (bytes > 0) batch_bytes_.front() -= bytes;
  return whole;
}

}  // namespace crawlspool::commit
