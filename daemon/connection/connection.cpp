#include "daemon/connection/connection.h"

#include <algorithm>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/connection/io_loop.h"
#include "proto/frame_decoder.h"

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kLongPauseMs = 1000;
constexpr std::int64_t kLongPauseRepeatMs = 15'000;
constexpr std::int64_t kPaceMs = 1000;
constexpr std::uint64_t kPaceBytes = 64 * 1024;

bool waits_for_resources(const std::optional<Pause>& pause) {
  return pause == Pause::kMemory || pause == Pause::kSpoolWaits || pause == Pause::kSpoolBusy;
}

// Its peer is to know of it when it is long.
bool may_be_long(const std::optional<Pause>& pause) {
  return waits_for_resources(pause) || pause == Pause::kSession || pause == Pause::kAmplification;
}

}  // namespace

Connection::Connection(IoLoop& io, base::ConnectionId id, proto::Input input, base::Peer peer, Admission::Ticket ticket)
    : Source(id, input, std::move(peer)),
      io_(io),
      opened_with_(io.config()),
      ticket_(std::move(ticket)),
      share_(io.fair_share(), id, this->peer().machine),
      memory_share_(io.memory_shares(), id, this->peer().machine),
      credit_(id, this->peer(), io.shared().amplification, opened_with_->limits.amplification_max),
      times_{io.now_ms(), io.now_ms(), io.now_ms()} {}

Connection::~Connection() {
  auto* const own_account = protocol_ ? protocol_->own_account() : nullptr;
  protocol_.reset();
  link_.close();
  account_output();
  if (own_account != nullptr)
    own_account->adjust(charged_bytes_, 0);
  else
    memory_share_.adjust(charged_bytes_, 0);
}

void Connection::start(std::unique_ptr<net::ByteStream> stream) {
  if (const auto opened = link_.open(io_.loop(), std::move(stream), *this); !opened) {
    base::log_warn_limited("conn_failed",
                           {{"conn", id()}, {"peer", peer().text}, {"detail", opened.error().message()}});
    return io_.sources().retire(id());
  }
  if (is_crawler()) io_.shared().connection_log.opened(*this);
  const Turn turn(*this);
  if (const auto& limit = ticket_.refused()) {
    base::log_warn_limited("conn_refused", {{"peer", peer().text}, {"limit", limit->key}, {"max", limit->max}});
    protocol_->refuse(*limit);
  } else {
    protocol_->on_open();
  }
  rearm();
}

// ---- turns ----

void Connection::on_synced(std::uint64_t count) {
  const Turn turn(*this);
  protocol_->on_synced(count);
}

void Connection::on_written(std::uint64_t count) {
  const Turn turn(*this);
  protocol_->on_written(count);
}

bool Connection::on_session(const session::LeaseRequest& answered) {
  const Turn turn(*this);
  return protocol_->on_session(answered);
}

void Connection::on_session_lost() {
  const Turn turn(*this);
  protocol_->on_session_lost();
}

void Connection::on_spool_state(commit::SpoolState state) {
  const Turn turn(*this);
  if (state == commit::SpoolState::kFailed) return protocol_->on_spool_failed();
  if (is_waiting(state)) protocol_->on_spool_waits();
}

void Connection::on_drain() {
  const Turn turn(*this);
  protocol_->on_drain();
}

void Connection::on_drain_end() {
  const Turn turn(*this);
  if (link_.is_open()) return protocol_->on_drain_end();
  if (!link_.is_closed()) close_now(link_.close_reason());
}

void Connection::shed(Shed what) {
  const Turn turn(*this);
  if (what == Shed::kUnreadAnswers) return close_now("slow_reader");
  protocol_->on_shed();
}

void Connection::resume() {
  if (!paused_ || !link_.is_open()) return;
  const Turn turn(*this);
  goes_on_ = true;
}

// Asked for once at a time: more would be more than its share of the loop's turns.
void Connection::resume_next_turn() { io_.fair_share().add(share_); }

// Going on takes input in and may so note that it is to go on once more, which then waits for the next turn.
void Connection::end_turn() {
  while (std::exchange(goes_on_, false)) go_on();
  if (link_.is_open() && !paused_ && has_rest()) pause(Pause::kTurn);
  account_memory();
  is_in_turn_ = false;
  has_taken_input_ = false;
}

void Connection::go_on() {
  if (!paused_ || !link_.is_open()) return;
  if (const ReadPlan plan = protocol_->plan_read(); plan.bytes == 0)
    return pause(plan.why);  // still, or by something else now
  const bool takes_input = has_rest() || !link_.is_watched();
  if (takes_input && (!may_take_kept_input_ || has_taken_input_ || io_.read_buffer().is_lent()))
    return pause(Pause::kTurn);
  const std::int64_t now = io_.now_ms();
  paused_.reset();
  long_pause_due_ms_ = kNever;
  times_.last_activity_ms = times_.last_input_ms = now;
  protocol_->on_resumed(now - paused_since_ms_);
  if (!link_.is_open()) return;
  if (has_rest()) {
    take_kept_input();
    if (!link_.is_open() || paused_) return;
  }
  if (!link_.is_watched()) return read_rest();
  link_.want_input(true);
  rearm();
}

std::uint64_t Connection::take_turn(std::uint64_t cost_max) {
  io_.fair_share().served(share_);
  if (!link_.is_open()) return 0;
  budget_.begin(cost_max);
  may_take_kept_input_ = true;
  {
    const Turn turn(*this);
    if (paused_)
      resume();
    else if (link_.is_watched())
      read_some();
    else
      read_rest();
  }
  may_take_kept_input_ = false;
  if (link_.is_open() &&
      credit_.charge_turn(budget_.made_bytes(), protocol_->held_wire_bytes() + kept_input_.size(), io_.now_ms()) &&
      !paused_)
    if (const ReadPlan plan = protocol_->plan_read(); plan.bytes == 0) pause(plan.why);
  const std::uint64_t cost = FairShare::kTurnFixedCost + budget_.spent();
  io_.fair_share().charge(share_, cost);
  return cost;
}

void Connection::pause(Pause why) {
  link_.want_input(false);
  if (!paused_) paused_since_ms_ = io_.now_ms();
  paused_ = why;
  if (may_be_long(paused_) && long_pause_due_ms_ == kNever) long_pause_due_ms_ = io_.now_ms() + kLongPauseMs;
  if (waits_for_resources(paused_)) io_.memory_relief().wait(id());
  if (why == Pause::kAmplification) batch_done();  // others of its machine go on meanwhile
  if (why == Pause::kTurn) resume_next_turn();
  rearm();
}

// ---- reading ----

void Connection::on_ready(net::Ready ready) {
  const Turn turn(*this);
  if (ready.broken) return on_broken();
  if (ready.writable && !flush_output()) return;
  // Watched for only while the connection is not read: what it has sent before is still there to be read.
  if (ready.hangup) link_.hangup_seen();
  if (ready.readable && link_.is_lingering()) return discard_some();
  if (ready.readable && link_.is_open() && !paused_ && !share_.is_waiting()) io_.serve_or_queue(*this, share_);
}

// Whole records that came before the peer's reset are still there to be read, and count.
void Connection::on_broken() {
  if (!link_.is_open()) return close_now(link_.close_reason());
  link_.stop_watching();
  flush_output();  // drops it, and ends a pause for it
  if (!paused_) resume_next_turn();
}

// The link is no longer watched: goes on by itself, a slice a turn, until the input ends.
void Connection::read_rest() {
  if (!has_taken_input_) read_some();
  if (link_.is_open() && !paused_) pause(Pause::kTurn);
}

void Connection::read_some() {
  const ReadPlan plan = protocol_->plan_read();
  if (plan.bytes == 0) return link_.is_open() ? pause(plan.why) : void();
  has_taken_input_ = true;
  const auto loan = io_.read_buffer().lend();
  read_into(loan.bytes(), plan);
}

void Connection::read_into(std::span<char> buffer, const ReadPlan& plan) {
  const net::ReadResult result = link_.read(buffer.first(std::min(plan.bytes, buffer.size())));
  switch (result.end) {
    case net::ReadResult::End::kAgain:
      return;
    case net::ReadResult::End::kBroken:
      return close_now("reset");
    case net::ReadResult::End::kEof:
      protocol_->on_eof();
      break;
    case net::ReadResult::End::kNone:
      budget_.count_scanned(result.bytes);
      credit_.received(result.bytes);
      times_.last_activity_ms = times_.last_input_ms = io_.now_ms();
      const std::string_view bytes(buffer.data(), result.bytes);
      keep_input(bytes.substr(protocol_->on_input(bytes)));
      break;
  }
  rearm();
}

void Connection::keep_input(std::string_view rest) {
  if (rest.empty() || !link_.is_open()) return;
  kept_input_.reserve(rest.size() + proto::FrameDecoder::kPaddingBytes);
  kept_input_ = rest;
}

void Connection::take_kept_input() {
  const auto loan = io_.read_buffer().lend();
  has_taken_input_ = true;
  std::string input = std::exchange(kept_input_, {});
  const std::size_t taken = protocol_->on_input(input);
  if (taken == 0 && link_.is_open())
    kept_input_ = std::move(input);
  else
    keep_input(std::string_view(input).substr(taken));
}

void Connection::drop_kept_input() { base::free_text(kept_input_); }

void Connection::discard_some() {
  const auto loan = io_.read_buffer().lend();
  const net::ReadResult result = link_.read(loan.bytes());
  if (result.end == net::ReadResult::End::kNone || result.end == net::ReadResult::End::kAgain) return;
  close_now(link_.close_reason());
}

// ---- answers and the end ----

void Connection::send(bool has_replies) {
  if (link_.is_closed()) return;
  if (has_replies) link_.note_replies(io_.now_ms());
  if (flush_output()) rearm();
}

// False if the connection is gone.
bool Connection::flush_output() {
  if (link_.is_closed()) return false;
  const Link::Flushed flushed = link_.flush(io_.now_ms());
  if (flushed.is_lost) {
    close_now(link_.close_reason());
    return false;
  }
  account_output();
  if (flushed.has_moved) times_.last_activity_ms = io_.now_ms();
  if (!flushed.is_all_sent) return true;
  if (link_.is_flushing()) {
    link_.linger(io_.now_ms());
    rearm();
  } else if (link_.is_open()) {
    protocol_->on_output_sent();
    if (paused_ == Pause::kOutput) resume();
  }
  return !link_.is_closed();
}

// What has grown and what is sent, on the loop's account. The admin port's answers are beside it.
void Connection::account_output() {
  if (!brings_records(input())) return;
  const std::uint64_t before = charged_output_bytes_;
  memory_share_.adjust_answers(charged_output_bytes_, link_.held_bytes());
  io_.memory_relief().count_output(charged_output_bytes_ - before);
}

void Connection::finish(std::string_view reason) {
  if (!link_.is_open()) return;
  link_.finish(reason);
  drop_kept_input();
  batch_done();
  link_.want_input(false);
  send(true);
}

void Connection::close_now(std::string_view reason) {
  if (link_.is_closed()) return;
  if (is_crawler()) {
    io_.shared().closes.count(reason);
    io_.shared().connection_log.closed(*this, reason, credit_.received_bytes(), io_.now_ms() - times_.opened_ms);
  }
  link_.close();
  account_output();
  io_.sources().retire(id());
}

// ---- deadlines ----

std::int64_t Connection::pace_deadline_ms(std::int64_t begun_ms, std::uint64_t bytes) const {
  return begun_ms + io_.config()->timeouts.frame_ms + static_cast<std::int64_t>(bytes / kPaceBytes) * kPaceMs;
}

std::int64_t Connection::next_deadline_ms() const {
  std::int64_t due = link_.deadline_ms(io_.config()->timeouts.write_ms);
  if (!link_.is_open()) return due;
  if (paused_ == Pause::kAmplification) due = std::min(due, credit_.until_ms());
  if (paused_) return std::min(due, may_be_long(paused_) ? long_pause_due_ms_ : kNever);
  return std::min(due, protocol_->deadline_ms());
}

// The timer wheel is only asked for earlier times; what is armed for a later one finds nothing due when it comes, and
// arms again.
void Connection::rearm() {
  const std::int64_t due = next_deadline_ms();
  if (!link_.is_closed() && due < armed_ms_) armed_ms_ = io_.arm(id(), due);
}

void Connection::check_deadlines() {
  const Turn turn(*this);
  const std::int64_t now = io_.now_ms();
  if (now < armed_ms_) return;  // an entry that an earlier one has replaced
  armed_ms_ = kNever;
  if (link_.is_lingering()) {
    if (now >= link_.deadline_ms(0)) return close_now(link_.close_reason());
  } else if (link_.has_stalled(now, io_.config()->timeouts.write_ms)) {
    return close_now(link_.is_open() ? std::string_view("slow_reader") : link_.close_reason());
  } else if (link_.is_open() && paused_) {
    if (paused_ == Pause::kAmplification && now >= credit_.until_ms()) resume();
    if (may_be_long(paused_) && now >= long_pause_due_ms_) {
      long_pause_due_ms_ = now + kLongPauseRepeatMs;
      protocol_->on_long_pause();
    }
  } else if (link_.is_open() && !share_.is_waiting() && now >= protocol_->deadline_ms()) {
    protocol_->on_deadline();
  }
  rearm();
}

}  // namespace crawlspool::connection
