// How a dialog ends, and when it has waited long enough.
#include <algorithm>
#include <random>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/connection/io_loop.h"
#include "daemon/dialog/dialog.h"

namespace crawlspool::dialog {
namespace {

using connection::Pause;
using proto::ErrorWord;
using proto::GoodbyeReason;

constexpr std::int64_t kReconnectMsMin = 500;  // spread, so that a fleet does not come back at once
constexpr std::int64_t kReconnectMsMax = 5000;

std::int64_t spread_reconnect_ms() {
  static thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_int_distribution<std::int64_t>(kReconnectMsMin, kReconnectMsMax)(random);
}

}  // namespace

void Dialog::end_with_error(const proto::ErrorMessage& message) {
  Ending ending{{}, proto::word(message.code)};
  if (may_speak()) proto::append_error(ending.last_words, message, framing_);
  if (!connection_.ticket().refused())
    base::log_warn_limited("conn_error", {{"conn", connection_.id()},
                                          {"peer", connection_.peer().text},
                                          {"code", proto::word(message.code)},
                                          {"detail", message.detail}});
  end(std::move(ending));
}

void Dialog::end_with_goodbye(const proto::GoodbyeMessage& message) {
  Ending ending{{}, proto::word(message.reason)};
  if (!is_silent()) proto::append_goodbye(ending.last_words, message, framing_);
  end(std::move(ending));
}

// Nothing behind is looked at; what was taken in before is synced first.
void Dialog::end(Ending ending) {
  if (ending_ || !connection_.link().is_open()) return;
  ending_ = std::move(ending);
  connection_.link().want_input(false);
  writer_.release_session();
  connection_.reader().drop_kept_input();
  input_.drop_input();
  if (writer_.all_synced()) return say_last_words();
  if (connection_.link().unsent_bytes() > 0) connection_.send(true);
}

void Dialog::say_last_words() {
  if (!connection_.link().is_open()) return;
  if (!is_silent() && writer_.written() != acked_seq_)
    proto::append_ack(output(), acked_seq_ = writer_.written(), framing_);
  output() += ending_->last_words;
  connection_.finish(ending_->reason);
}

void Dialog::on_spool_failed() {
  if (!connection_.link().is_open()) return;
  // Nothing more will be synced.
  writer_.release_session();
  ending_.emplace(Ending{{}, proto::word(ErrorWord::kSpoolFailed)});
  if (may_speak())
    proto::append_error(
        ending_->last_words,
        {.code = ErrorWord::kSpoolFailed, .detail = "the disk has failed; what is not acked may not be stored"},
        framing_);
  say_last_words();
}

// What was read and is not taken in yet belongs to what is synced.
void Dialog::on_drain() {
  is_draining_ = true;
  if (ending_ || !connection_.link().is_open()) return;
  const bool waits_long = writer_.awaits_session() || connection_.reader().paused() == Pause::kAmplification ||
                          connection_.reader().paused() == Pause::kRate;
  if (connection_.reader().has_rest() && !waits_long) return connection_.resume();
  end_by_drain();
}

void Dialog::on_drain_end() {
  if (ending_) return;  // what is left is the disk's
  is_cut_ = true;
  connection_.reader().drop_kept_input();
  const bool is_begun = input_.drop_unbegun_input();
  drop_unread_answers();
  if (!is_begun) return end_by_drain();
  if (connection_.reader().paused() != Pause::kTurn) connection_.resume();
}

void Dialog::drop_unread_answers() {
  if (is_cut_ && connection_.link().unsent_bytes() > connection::Reader::kUnsentBytesMax)
    connection_.link().abandon_output();
}

void Dialog::end_by_drain() {
  end_with_goodbye(proto::GoodbyeMessage{.reason = GoodbyeReason::kDraining,
                                         .detail = "the server is stopping",
                                         .reconnect_after_ms = spread_reconnect_ms()});
}

// A silent peer would lose what is on its way.
void Dialog::on_old(bool has_begun) {
  if (ending_ || is_silent() || (!std::exchange(is_old_, true) && has_begun)) return;
  end_with_goodbye({.reason = GoodbyeReason::kRebalance,
                    .detail = "the connection has lasted for timeouts.connection: make another"});
}

// ---- deadlines ----

// One who hears nothing cannot learn that it is idle; and nobody is who still waits for the disk.
std::int64_t Dialog::deadline_ms() const {
  const std::int64_t idle_ms = connection_.io().config()->timeouts.idle_ms;
  if (idle_ms == 0 || is_silent()) return kNever;
  const connection::Link::Times& times = connection_.link().times();
  const std::int64_t ping_due_ms = heartbeat_.ping_due_ms(times, idle_ms);
  return writer_.all_synced() ? std::min(ping_due_ms, heartbeat_.idle_deadline_ms(times, idle_ms)) : ping_due_ms;
}

void Dialog::on_deadline() {
  const std::int64_t idle_ms = connection_.io().config()->timeouts.idle_ms;
  const std::int64_t idle_deadline_ms = heartbeat_.idle_deadline_ms(connection_.link().times(), idle_ms);
  if (writer_.all_synced() && connection_.io().now_ms() >= idle_deadline_ms)
    return end_with_goodbye(
        {.reason = GoodbyeReason::kIdleTimeout, .detail = "nothing was read or written for a while"});
  heartbeat_.on_pinged();
  proto::append_ping(output(), framing_);
  connection_.send(true);
}

}  // namespace crawlspool::dialog
