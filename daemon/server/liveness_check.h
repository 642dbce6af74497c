// Checks whether the daemon moves: every loop answers its mailbox, and the committer is not stuck in one call. A slow
// disk is no stop, and nor is having nothing to do. Used on one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/net/mailbox.h"

namespace crawlspool::server {

class LivenessCheck {
 public:
  // `committer_busy_us`: how long the committer's call under way has taken, 0 if none is; from any thread. The loops
  // outlive this object.
  LivenessCheck(std::vector<net::Mailbox*> loops, std::function<std::int64_t()> committer_busy_us);

  // Returns whether every loop has answered what the check before asked; asks again. The first one knows of no
  // question.
  [[nodiscard]] bool passes();

 private:
  std::vector<net::Mailbox*> loops_;
  std::function<std::int64_t()> committer_busy_us_;
  std::shared_ptr<std::atomic<std::size_t>> unanswered_;  // shared with the questions, which may outlive this object
};

}  // namespace crawlspool::server
