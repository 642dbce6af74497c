#include "daemon/server/liveness_check.h"

#include <utility>

#include "daemon/base/log.h"

namespace crawlspool::server {
namespace {

// A disk behind a network may take minutes to come back.
constexpr std::int64_t kOneCallMaxUs = 5LL * 60 * 1'000'000;

}  // namespace

LivenessCheck::LivenessCheck(std::vector<net::Mailbox*> loops, std::function<std::int64_t()> committer_busy_us)
    : loops_(std::move(loops)),
      committer_busy_us_(std::move(committer_busy_us)),
      unanswered_(std::make_shared<std::atomic<std::size_t>>(0)) {}

bool LivenessCheck::passes() {
  const std::size_t silent_loops = unanswered_->load();
  const std::int64_t busy_us = committer_busy_us_();
  if (silent_loops == 0) {
    unanswered_->store(loops_.size());
    for (net::Mailbox* loop : loops_) loop->post([unanswered = unanswered_] { --*unanswered; });
  }
  if (silent_loops == 0 && busy_us < kOneCallMaxUs) return true;
  base::log_error("stalled", {{"silent_loops", silent_loops}, {"committer_busy_ms", busy_us / 1000}});
  return false;
}

}  // namespace crawlspool::server
