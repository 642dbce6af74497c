#include "daemon/commit/batch_queue.h"

#include <utility>

#include "daemon/base/check.h"

namespace crawlspool::commit {

void BatchQueue::push(std::unique_ptr<AppendBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    CRAWLSPOOL_CHECK(!is_closed_);
    batches_.push_back(std::move(batch));
  }
  wake_.notify_one();
}

void BatchQueue::set_live_options(const LiveOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    live_options_ = options;
  }
  wake_.notify_one();
}

void BatchQueue::close(std::function<void()> on_closed) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    is_closed_ = true;
    on_closed_ = std::move(on_closed);
  }
  wake_.notify_one();
}

Batches BatchQueue::take(std::chrono::microseconds wait_max) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, wait_max, [this] { return !batches_.empty() || is_closed_ || live_options_; });
  Batches taken;
  std::size_t bytes = 0;
  while (!batches_.empty() && (taken.empty() || bytes + batches_.front()->bytes() <= kCommitBytesMax)) {
    bytes += batches_.front()->bytes();
    taken.push_back(std::move(batches_.front()));
    batches_.pop_front();
  }
  return taken;
}

std::optional<LiveOptions> BatchQueue::take_live_options() {
  const std::lock_guard lock(mutex_);
  return std::exchange(live_options_, std::nullopt);
}

bool BatchQueue::is_done() const {
  const std::lock_guard lock(mutex_);
  return is_closed_ && batches_.empty();
}

}  // namespace crawlspool::commit
