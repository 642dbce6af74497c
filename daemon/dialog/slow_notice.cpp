#include "daemon/dialog/slow_notice.h"

#include <algorithm>
#include <utility>

#include "daemon/connection/io_loop.h"

namespace crawlspool::dialog {
namespace {

using connection::Pause;
using proto::SlowReason;

constexpr std::int64_t kRetryAfterMs = 1000;

}  // namespace

void SlowNotice::say(const intake::RecordWriter& writer) {
  is_said_ = true;
  const auto& paused = connection_.reader().paused();
  const commit::SpoolState state = connection_.io().shared().committer.state();
  std::int64_t retry_after_ms = kRetryAfterMs;
  SlowReason reason = paused == Pause::kMemory ? SlowReason::kMemory : SlowReason::kSpoolBusy;
  if (is_waiting(state)) reason = slow_reason(state);
  if (paused == Pause::kAmplification) {
    reason = SlowReason::kAmplification;
    retry_after_ms = std::max(kRetryAfterMs, connection_.credit().wait_ms(connection_.io().now_ms()));
  } else if (paused == Pause::kRate) {
    reason = SlowReason::kRate;
    retry_after_ms = std::max(kRetryAfterMs, writer.rate_wait_ms());
  }
  proto::append_slow(connection_.link().output(), reason, retry_after_ms, framing_);
  connection_.send(true);
}

void SlowNotice::on_resumed() {
  if (!std::exchange(is_said_, false)) return;
  proto::append_resume(connection_.link().output(), framing_);
  connection_.send(true);
}

}  // namespace crawlspool::dialog
