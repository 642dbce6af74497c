#include "daemon/commit/pending_lines.h"

#include <algorithm>

namespace crawlspool::commit {

PendingLines::PendingLines(std::span<const std::unique_ptr<AppendBatch>> batches) {
  for (const auto& batch : batches) {
    batch->lines.append_views(chunks_);
    batch_bytes_.push_back(batch->lines.bytes());
    bytes_ += batch->lines.bytes();
  }
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
