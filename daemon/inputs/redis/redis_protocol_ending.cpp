// How a Redis client's commands wait, what they are replied to where that is for nothing, and how its connection ends.
#include <algorithm>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/connection/io_loop.h"
#include "daemon/inputs/redis/redis_protocol.h"
#include "daemon/inputs/redis/resp_replies.h"

namespace crawlspool::redis {
namespace {

using connection::Pause;

std::string refusal(std::string_view code, std::string_view detail) {
  std::string text;
  append_refusal(text, code, detail);
  return text;
}

}  // namespace

// ---- what is on the disk ----

void RedisProtocol::on_synced(std::uint64_t count) {
  writer_.on_synced(count);
  if (!connection_.link().is_open()) return;
  replies_.release(count, connection_.link().output());
  if (replies_.empty() && !held_) disk_wait_.end();
  send_or_finish();
  if (!ending_ && connection_.reader().paused() == Pause::kBusy) connection_.resume();
}

void RedisProtocol::send_or_finish() {
  if (!connection_.link().is_open()) return;
  if (ending_ && replies_.empty()) return connection_.finish(*ending_);
  if (connection_.link().unsent_bytes() > 0) connection_.send(true);
}

// ---- a spool that waits, and a rate ----

void RedisProtocol::on_pause_deadline() {
  const std::int64_t now_ms = connection_.io().now_ms();
  if (now_ms >= disk_wait_.deadline_ms()) return fail_waiting();
  if (now_ms >= rate_until_ms_) connection_.resume();
}

void RedisProtocol::on_spool_waits() {
  if (replies_.empty() && !held_) return;
  disk_wait_.begin();
  if (!ending_ && !connection_.reader().paused()) connection_.reader().pause(Pause::kSpoolWaits);
}

void RedisProtocol::fail_waiting() {
  disk_wait_.end();
  if (!disk_wait_.is_spool_waiting() || !connection_.link().is_open()) return;
  const std::string error = disk_wait_.error();
  if (held_ && !held_->intake.is_begun()) {
    replies_.add_for_records(writer_.taken(), error);
    drop_held();
  }
  replies_.fail(error, connection_.link().output());
  disk_wait_.begin_refusing();
  send_or_finish();
  if (!ending_) connection_.resume();
}

// Nothing more will be synced. Who waits for no reply is not to take this for one.
void RedisProtocol::on_spool_failed() {
  if (!connection_.link().is_open()) return;
  const std::string error = refusal(proto::word(proto::ErrorWord::kSpoolFailed),
                                    "the disk has failed; what has no other reply may not be stored");
  if (held_) replies_.add_for_records(writer_.taken(), error);
  replies_.fail(error, connection_.link().output());
  end({}, proto::word(proto::ErrorWord::kSpoolFailed));
}

// ---- the end ----

void RedisProtocol::on_open() {
  if (connection_.io().shared().committer.state() == commit::SpoolState::kFailed)
    end(refusal(proto::word(proto::ErrorWord::kSpoolFailed), "the disk has failed; nothing is stored"),
        proto::word(proto::ErrorWord::kSpoolFailed));
}

void RedisProtocol::refuse(const connection::LimitMet& limit) {
  const std::string detail = "limits." + std::string(limit.key) + " is " + std::to_string(limit.max);
  end(refusal(proto::word(proto::ErrorWord::kTooManyConnections), detail),
      proto::word(proto::ErrorWord::kTooManyConnections));
}

// Nothing behind is looked at; what was taken in before is replied to first.
void RedisProtocol::end(std::string_view last_reply, std::string_view reason) {
  if (ending_ || !connection_.link().is_open()) return;
  ending_ = reason;
  if (!last_reply.empty() && !connection_.ticket().refused())
    base::log_warn_limited("conn_error", {{"conn", connection_.id()},
                                          {"peer", connection_.peer().text},
                                          {"code", reason},
                                          {"detail", last_reply.substr(0, last_reply.find('\r'))}});
  replies_.add(last_reply, connection_.link().output());
  connection_.link().want_input(false);
  connection_.reader().drop_kept_input();
  decoder_.abandon();
  drop_held();
  send_or_finish();
}

// ---- a stop ----

// What was read and is not taken in yet belongs to what is replied to.
void RedisProtocol::on_drain() {
  is_draining_ = true;
  if (ending_ || !connection_.link().is_open()) return;
  const bool waits_long = disk_wait_.is_spool_waiting() || connection_.reader().paused() == Pause::kAmplification ||
                          connection_.reader().paused() == Pause::kRate;
  if (connection_.reader().has_rest() && !waits_long) return connection_.resume();
  end_by_drain();
}

void RedisProtocol::on_drain_end() {
  if (ending_) return;  // what is left is the disk's
  is_cut_ = true;
  connection_.reader().drop_kept_input();
  if (connection_.link().unsent_bytes() > connection::Reader::kUnsentBytesMax) connection_.link().abandon_output();
  if (!held_ || !held_->intake.is_begun()) return end_by_drain();
  if (connection_.reader().paused() != Pause::kTurn) connection_.resume();
}

// A connection is closed between commands without a word, which the next command's reply would be taken for.
void RedisProtocol::end_by_drain() {
  std::string last_reply;
  if (held_)
    append_refusal(last_reply, proto::word(proto::GoodbyeReason::kDraining),
                   "the server is stopping; nothing of this command is stored");
  if (is_cut_ && connection_.link().unsent_bytes() > connection::Reader::kUnsentBytesMax)
    connection_.link().abandon_output();
  end(last_reply, proto::word(proto::GoodbyeReason::kDraining));
}

void RedisProtocol::on_old() {
  const bool has_begun = decoder_.has_begun() || held_ || connection_.reader().has_rest();
  if (!std::exchange(is_old_, true) && has_begun) return;
  end({}, proto::word(proto::GoodbyeReason::kRebalance));
}

void RedisProtocol::on_shed() {
  const std::string_view reason = proto::word(proto::ErrorWord::kFrameTimeout);
  end(refusal(reason, "the server's memory is used up and this command came slowest"), reason);
}

// ---- deadlines ----

std::int64_t RedisProtocol::deadline_ms() const {
  std::int64_t due_ms = disk_wait_.deadline_ms();
  if (ending_) return due_ms;
  if (decoder_.has_begun())
    return std::min(due_ms, connection_.reader().pace_deadline_ms(command_begun_ms_, decoder_.received_bytes()));
  const std::int64_t idle_ms = connection_.io().config()->timeouts.idle_ms;
  if (idle_ms > 0 && replies_.empty()) due_ms = std::min(due_ms, connection_.link().times().last_activity_ms + idle_ms);
  return due_ms;
}

void RedisProtocol::on_deadline() {
  if (connection_.io().now_ms() >= disk_wait_.deadline_ms()) return fail_waiting();
  if (!decoder_.has_begun()) return end({}, proto::word(proto::GoodbyeReason::kIdleTimeout));
  const std::string_view reason = proto::word(proto::ErrorWord::kFrameTimeout);
  end(refusal(reason, std::to_string(decoder_.received_bytes()) + " bytes of a command had come in time"), reason);
}

// ---- what it holds ----

std::size_t RedisProtocol::held_bytes() const {
  return decoder_.held_bytes() + replies_.held_bytes() + last_key_.capacity() +
         (held_ ? held_->command.held_bytes() : 0);
}

std::size_t RedisProtocol::held_wire_bytes() const {
  return decoder_.received_bytes() + (held_ ? held_->command.bytes() : 0);
}

std::optional<connection::BegunInput> RedisProtocol::begun_input() const {
  if (ending_ || !decoder_.has_begun()) return std::nullopt;
  return connection::BegunInput{decoder_.held_bytes(), decoder_.received_bytes(), command_begun_ms_};
}

bool RedisProtocol::may_go_on_with_batch() {
  return held_ && (held_->intake.is_begun() || !disk_wait_.is_spool_waiting() || disk_wait_.is_refusing()) &&
         connection_.memory().may_take_in(held_->command.bytes());
}

}  // namespace crawlspool::redis
