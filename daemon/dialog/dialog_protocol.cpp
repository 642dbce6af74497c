#include "daemon/dialog/dialog_protocol.h"

#include <algorithm>

#include "daemon/connection/io_loop.h"

namespace crawlspool::dialog {

using connection::Pause;

void DialogProtocol::on_open() {
  if (connection_.io().shared().committer.state() == commit::SpoolState::kFailed) dialog_.on_spool_failed();
}

connection::ReadPlan DialogProtocol::plan_read() {
  if (dialog_.is_ending() || (dialog_.is_draining() && !connection_.reader().has_rest())) return {0, Pause::kBusy};
  if (dialog_.writer().awaits_session()) return {0, Pause::kSession};
  // A batch that has begun holds its memory: it goes on.
  const std::int64_t wait_ms = holds_whole_batch() ? 0 : dialog_.writer().rate_wait_ms();
  rate_until_ms_ = wait_ms == 0 ? kNever : connection_.io().now_ms() + wait_ms;
  if (wait_ms > 0) return {0, Pause::kRate};
  return plan_input();
}

void DialogProtocol::on_long_pause() {
  if (!dialog_.is_silent()) slow_.say(dialog_.writer());
}

void DialogProtocol::input_taken(bool is_all) {
  if (connection_.memory().share().has_place() && !needs_place()) connection_.memory().batch_done();
  if (dialog_.writer().awaits_session()) connection_.reader().pause(Pause::kSession);
  dialog_.drop_unread_answers();
  if (dialog_.is_draining() && is_all) dialog_.end_by_drain();
  if (dialog_.is_old() && is_all && !begun_input()) dialog_.on_old(false);
}

// A batch is taken in only with the machine's place, and a begun frame or line goes on with it beyond the share.
bool DialogProtocol::needs_place() const {
  return holds_whole_batch() || (begun_input() && connection_.memory().share().needs_place());
}

void DialogProtocol::on_spool_waits() {
  if (!dialog_.writer().all_synced() && !dialog_.is_ending() && !connection_.reader().paused())
    connection_.reader().pause(Pause::kSpoolWaits);
}

std::int64_t DialogProtocol::deadline_ms() const {
  return dialog_.is_ending() ? kNever : std::min(input_deadline_ms(), dialog_.deadline_ms());
}

void DialogProtocol::on_deadline() {
  if (connection_.io().now_ms() < input_deadline_ms()) return dialog_.on_deadline();
  on_input_deadline();
}

}  // namespace crawlspool::dialog
