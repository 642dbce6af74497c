// Holds the batches on their way to the committer's thread, and what else that thread is asked for: other options, the
// end. Any thread pushes, the committer's thread takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "daemon/commit/append_batch.h"
#include "daemon/session/register.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::commit {

// What may change while the committer runs.
struct LiveOptions {
  session::SessionRegister::Limits sessions{};
  spool::SpoolOptions spool{};
};

class BatchQueue {
 public:
  void push(std::unique_ptr<AppendBatch> batch);
  void set_live_options(const LiveOptions& options);
  // Nothing may be pushed any more. `on_closed` is for call_on_closed(). Does nothing where the queue is closed
  // already.
  void close(std::function<void()> on_closed);

  // --- for the committer's thread ---
  // Returns what has come together, oldest first and at most kCommitBytesMax unless one batch is larger. Waits until a
  // batch, other options or the closing come, `wait_max` at most.
  [[nodiscard]] Batches take(std::chrono::microseconds wait_max);
  // Returns nothing where they have not changed.
  [[nodiscard]] std::optional<LiveOptions> take_live_options();
  // Whether the queue is closed, and empty too: a batch may have come since the last take().
  [[nodiscard]] bool is_done() const;
  void call_on_closed() { on_closed_(); }

 private:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<AppendBatch>> batches_;
  std::optional<LiveOptions> live_options_;  // set and not taken yet
  bool is_closed_ = false;
  std::function<void()> on_closed_;
};

}  // namespace crawlspool::commit
