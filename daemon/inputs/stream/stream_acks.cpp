// What a stream connection answers: acks for what is on the disk, and word of pauses.
#include <algorithm>

#include "daemon/connection/io_loop.h"
#include "daemon/inputs/stream/stream_connection.h"

namespace crawlspool::stream {
namespace {

constexpr std::int64_t kRetryAfterMs = 1000;

}  // namespace

void StreamConnection::on_settled(std::uint64_t seq) {
  writer_.on_synced(seq);
  if (ending_ && writer_.all_synced()) return say_last_words();
  append_ack_if_due();
}

void StreamConnection::on_written(std::uint64_t seq) {
  writer_.on_written(seq);
  append_ack_if_due();
}

// At most one ack waits: a newer one takes its place until the socket has room.
void StreamConnection::append_ack_if_due() {
  if (!is_open() || writer_.written() == acked_seq_ || unsent_bytes() > 0) return;
  acked_seq_ = writer_.written();
  proto::append_ack(output(), acked_seq_);
  send(false);
}

void StreamConnection::on_output_sent() {
  if (!ending_) append_ack_if_due();
}

void StreamConnection::on_long_pause() {
  slow_told_ = true;
  const commit::SpoolState state = io().shared().committer.state();
  const auto reason = is_waiting(state)                        ? slow_reason(state)
                      : paused() == connection::Pause::kMemory ? proto::SlowReason::kMemory
                                                               : proto::SlowReason::kSpoolBusy;
  if (paused() == connection::Pause::kAmplification)
    proto::append_slow(output(), proto::SlowReason::kAmplification, std::max(kRetryAfterMs, credit_wait_ms()));
  else
    proto::append_slow(output(), reason, kRetryAfterMs);
  send(true);
}

}  // namespace crawlspool::stream
