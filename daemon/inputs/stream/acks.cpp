// What a stream connection answers: acks for what is on the disk, and word of pauses.
#include <algorithm>

#include "daemon/connection/io_loop.h"
#include "daemon/inputs/stream/stream_protocol.h"

namespace crawlspool::stream {
namespace {

constexpr std::int64_t kRetryAfterMs = 1000;

}  // namespace

void StreamProtocol::on_synced(std::uint64_t seq) {
  writer_.on_synced(seq);
  if (ending_ && writer_.all_synced()) return say_last_words();
  append_ack_if_due();
}

void StreamProtocol::on_written(std::uint64_t seq) {
  writer_.on_written(seq);
  append_ack_if_due();
}

// At most one ack waits: a newer one takes its place until the socket has room.
void StreamProtocol::append_ack_if_due() {
  if (!connection_.is_open() || writer_.written() == acked_seq_ || connection_.unsent_bytes() > 0) return;
  acked_seq_ = writer_.written();
  proto::append_ack(connection_.output(), acked_seq_);
  connection_.send(false);
}

void StreamProtocol::on_output_sent() {
  if (!ending_) append_ack_if_due();
}

void StreamProtocol::on_long_pause() {
  slow_told_ = true;
  const commit::SpoolState state = connection_.io().shared().committer.state();
  const auto reason = is_waiting(state)                                    ? slow_reason(state)
                      : connection_.paused() == connection::Pause::kMemory ? proto::SlowReason::kMemory
                                                                           : proto::SlowReason::kSpoolBusy;
  if (connection_.paused() == connection::Pause::kAmplification)
    proto::append_slow(connection_.output(), proto::SlowReason::kAmplification,
                       std::max(kRetryAfterMs, connection_.credit_wait_ms()));
  else
    proto::append_slow(connection_.output(), reason, kRetryAfterMs);
  connection_.send(true);
}

}  // namespace crawlspool::stream
