// What a dialog answers: verdicts, and acks for what is on the disk.

#include "daemon/connection/io_loop.h"
#include "daemon/dialog/dialog.h"
#include "proto/names.h"

namespace crawlspool::dialog {

void Dialog::take_record(std::string_view record, const commit::ReadTime& when) {
  const std::uint64_t seq = writer_.taken() + 1;
  const auto reason = writer_.write(record, {seq, {"seq", seq}}, when);
  if (reason && !is_silent())
    proto::append_reject(output(), {seq, reason->code, reason->detail, reason->offset}, framing_);
}

// A number beyond is not exact in every JSON reader, and its session could not be gone on with.
bool Dialog::end_of_numbers() {
  end_with_error(
      {.code = proto::ErrorWord::kNumbersUsedUp,
       .detail = "numbers end at 2^53 - 1; this connection's last one is " + std::to_string(writer_.taken())});
  return false;
}

void Dialog::on_synced(std::uint64_t seq) {
  writer_.on_synced(seq);
  if (ending_ && writer_.all_synced()) return say_last_words();
  append_ack_if_due();
}

void Dialog::on_written(std::uint64_t seq) {
  writer_.on_written(seq);
  append_ack_if_due();
}

// At most one ack waits: a newer one takes its place until the link has room.
void Dialog::append_ack_if_due() {
  if (is_silent() || !connection_.link().is_open() || writer_.written() == acked_seq_ ||
      connection_.link().unsent_bytes() > 0)
    return;
  acked_seq_ = writer_.written();
  proto::append_ack(output(), acked_seq_, framing_);
  connection_.send(false);
}

void Dialog::on_output_sent() {
  if (!ending_) append_ack_if_due();
}

void Dialog::say_pong(std::string_view ping_payload) {
  if (!is_silent()) proto::append_pong(output(), ping_payload, framing_);
}

}  // namespace crawlspool::dialog
