#include "daemon/connection/connection.h"

#include <algorithm>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/connection/io_loop.h"

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kLingerMs = 1000;
constexpr std::int64_t kUnreadMs = 500;  // before answers are judged by how fast they are taken
constexpr std::int64_t kLongPauseMs = 1000;
constexpr std::int64_t kLongPauseRepeatMs = 15'000;

}  // namespace

Connection::Connection(IoLoop& io, base::ConnectionId id, proto::Transport transport, std::string peer,
                       Admission::Ticket ticket)
    : io_(io),
      opened_with_(io.config()),
      id_(id),
      transport_(transport),
      peer_(std::move(peer)),
      ticket_(std::move(ticket)),
      share_(io.fair_share(), id, ticket_.machine()),
      memory_share_(io.memory_shares(), id, ticket_.machine()),
      credit_(opened_with_->limits.amplification_max),
      opened_ms_(io.now_ms()),
      last_activity_ms_(opened_ms_),
      last_input_ms_(opened_ms_),
      write_progress_ms_(opened_ms_) {}

Connection::~Connection() {
  protocol_.reset();
  socket_.reset();
  account_output();
}

void Connection::start(base::UniqueFd fd) {
  auto socket = net::Socket::open(io_.loop(), std::move(fd), *this);
  if (!socket) {
    base::log_warn_limited("conn_failed", {{"conn", id_}, {"peer", peer_}, {"detail", socket.error().message()}});
    phase_ = Phase::kClosed;
    return io_.retire(id_);
  }
  socket_.emplace(std::move(*socket));
  if (is_crawler() && io_.shared().connection_log.tells_open())
    base::log_info("conn_open", {{"conn", id_}, {"peer", peer_}, {"via", word(transport_)}});
  const Turn turn(*this);
  read_on();
  if (const auto& limit = ticket_.refused()) {
    base::log_warn_limited("conn_refused", {{"peer", peer_}, {"limit", limit->key}, {"max", limit->max}});
    protocol_->refuse(*limit);
  } else {
    protocol_->on_open();
  }
  rearm();
}

// ---- turns ----

void Connection::settled(std::uint64_t seq) {
  const Turn turn(*this);
  protocol_->on_synced(seq);
}

void Connection::written(std::uint64_t seq) {
  const Turn turn(*this);
  protocol_->on_written(seq);
}

bool Connection::session_answered(const session::SessionQuestion& question) {
  const Turn turn(*this);
  return protocol_->on_session(question);
}

void Connection::give_up_session() {
  const Turn turn(*this);
  protocol_->on_session_lost();
}

void Connection::spool_failed() {
  const Turn turn(*this);
  protocol_->on_spool_failed();
}

void Connection::drain() {
  const Turn turn(*this);
  protocol_->on_drain();
}

void Connection::spool_waits() {
  const Turn turn(*this);
  protocol_->on_spool_waits();
}

void Connection::shed() {
  const Turn turn(*this);
  protocol_->on_shed();
}

void Connection::resume() {
  if (!paused_ || !is_open()) return;
  const Turn turn(*this);
  goes_on_ = true;
}

// Asked for once at a time: more would be more than its share of the loop's turns.
void Connection::resume_next_turn() { io_.fair_share().add(share_); }

// Going on takes input in and may so note that it is to go on once more, which then waits for the next turn.
void Connection::end_turn() {
  while (std::exchange(goes_on_, false)) go_on();
  if (is_open() && !paused_ && protocol_->has_kept_input()) pause(Pause::kTurn);
  is_in_turn_ = false;
  has_taken_input_ = false;
}

void Connection::go_on() {
  if (!paused_ || !is_open()) return;
  if (const ReadPlan plan = protocol_->plan_read(); plan.bytes == 0)
    return pause(plan.why);  // still, or by something else now
  const bool takes_input = protocol_->has_kept_input() || !is_watched_;
  if (takes_input && (!may_take_kept_input_ || has_taken_input_ || io_.read_buffer().is_lent()))
    return pause(Pause::kTurn);
  const std::int64_t now = io_.now_ms();
  paused_.reset();
  long_pause_due_ms_ = kNever;
  last_activity_ms_ = last_input_ms_ = now;
  protocol_->on_resumed(now - paused_since_ms_);
  if (!is_open()) return;
  if (protocol_->has_kept_input()) {
    const auto loan = io_.read_buffer().lend();
    has_taken_input_ = true;
    protocol_->take_kept_input();
    if (!is_open() || paused_) return;
  }
  if (!is_watched_) return read_rest();
  read_on();
  rearm();
}

// ---- reading ----

void Connection::on_ready(net::Ready ready) {
  const Turn turn(*this);
  if (ready.broken) return on_broken();
  if (ready.writable && !flush_output()) return;
  // Watched for only while the connection is not read: what it has sent before is still there to be read.
  if (ready.hangup && socket_) socket_->hangup_seen();
  if (ready.readable && phase_ == Phase::kLingering) return discard_some();
  if (ready.readable && phase_ == Phase::kOpen && !paused_ && !share_.is_waiting()) io_.serve_or_queue(*this, share_);
}

std::uint64_t Connection::take_turn(std::uint64_t cost_max) {
  io_.fair_share().served(share_);
  if (!is_open()) return 0;
  budget_.begin(cost_max);
  may_take_kept_input_ = true;
  {
    const Turn turn(*this);
    if (paused_)
      resume();
    else if (is_watched_)
      read_some();
    else
      read_rest();
  }
  may_take_kept_input_ = false;
  if (is_open()) settle_credit();
  const std::uint64_t cost = FairShare::kTurnFixedCost + budget_.spent();
  io_.fair_share().charge(share_, cost);
  return cost;
}

// What a connection makes within its own allowance is nobody else's affair.
void Connection::settle_credit() {
  credit_.made(budget_.made_bytes());
  const std::uint64_t beyond = credit_.settle(protocol_->held_wire_bytes());
  if (beyond == 0) return;
  wait_for_credit(io_.shared().amplification.overdraw(ticket_.machine(), beyond, io_.now_ms()));
  if (paused_) return;
  if (const ReadPlan plan = protocol_->plan_read(); plan.bytes == 0) pause(plan.why);
}

void Connection::wait_for_credit(std::int64_t wait_ms) {
  const bool waited = credit_until_ms_ != 0;
  credit_until_ms_ = wait_ms == 0 ? 0 : io_.now_ms() + wait_ms;
  if (waited || wait_ms == 0) return;
  io_.shared().amplification.count_limited();
  base::log_warn_limited("amplification", {{"conn", id_},
                                           {"peer", peer_},
                                           {"bytes", bytes_read_},
                                           {"max", limits().amplification_max},
                                           {"wait_ms", wait_ms}});
}

// Others of the machine may have overdrawn its credit meanwhile.
bool Connection::waits_for_credit() {
  if (credit_until_ms_ == 0) return false;
  const std::int64_t now = io_.now_ms();
  if (now >= credit_until_ms_) wait_for_credit(io_.shared().amplification.wait_ms(ticket_.machine(), now));
  return credit_until_ms_ != 0;
}

bool Connection::must_wait_before_making(std::uint64_t bytes) {
  if (credit_.covers(budget_.made_bytes() + bytes)) return false;  // with what this turn has made
  wait_for_credit(io_.shared().amplification.wait_ms(ticket_.machine(), io_.now_ms()));
  return credit_until_ms_ != 0;
}

std::int64_t Connection::credit_wait_ms() const { return std::max<std::int64_t>(0, credit_until_ms_ - io_.now_ms()); }

// Whole records that came before the peer's reset are still there to be read, and count.
void Connection::on_broken() {
  if (phase_ != Phase::kOpen) return close_now(close_reason_);
  is_broken_ = true;
  is_watched_ = false;
  flush_output();  // drops it, and ends a pause for it
  if (!paused_) resume_next_turn();
}

// The socket is no longer watched: goes on by itself, a slice a turn, until the input ends.
void Connection::read_rest() {
  if (!has_taken_input_) read_some();
  if (is_open() && !paused_) pause(Pause::kTurn);
}

void Connection::read_some() {
  const ReadPlan plan = protocol_->plan_read();
  if (plan.bytes == 0) return is_open() ? pause(plan.why) : void();
  has_taken_input_ = true;
  const auto loan = io_.read_buffer().lend();
  read_into(loan.bytes(), plan);
}

void Connection::read_into(std::span<char> buffer, const ReadPlan& plan) {
  const net::ReadResult result = socket_->read(buffer.first(std::min(plan.bytes, buffer.size())));
  switch (result.end) {
    case net::ReadResult::End::kAgain:
      return;
    case net::ReadResult::End::kBroken:
      return close_now("reset");
    case net::ReadResult::End::kEof:
      protocol_->on_eof();
      break;
    case net::ReadResult::End::kNone:
      bytes_read_ += result.bytes;
      budget_.count_scanned(result.bytes);
      credit_.received(result.bytes);
      last_activity_ms_ = last_input_ms_ = io_.now_ms();
      protocol_->take_input({buffer.data(), result.bytes});
      break;
  }
  rearm();
}

void Connection::discard_some() {
  const auto loan = io_.read_buffer().lend();
  const net::ReadResult result = socket_->read(loan.bytes());
  if (result.end == net::ReadResult::End::kNone || result.end == net::ReadResult::End::kAgain) return;
  close_now(close_reason_);
}

void Connection::send(bool has_replies) {
  if (!socket_) return;
  if (has_replies && !replies_unsent_) {
    write_progress_ms_ = replies_since_ms_ = io_.now_ms();
    replies_taken_bytes_ = 0;
  }
  replies_unsent_ = replies_unsent_ || has_replies;
  if (flush_output()) rearm();
}

// What has grown and what is sent, on the loop's account. The admin port's answers are beside it.
void Connection::account_output() {
  if (transport_ == proto::Transport::kAdmin) return;
  const std::uint64_t before = charged_output_bytes_;
  memory_share_.adjust_answers(charged_output_bytes_, output_held_bytes());
  io_.count_output(charged_output_bytes_ - before);
}

bool Connection::may_take_in(const intake::BatchIntake& batch) {
  const bool is_packed = batch.is_packed();
  if (!memory_share_.may_take_in(is_packed ? SIZE_MAX : batch.rest_bytes()) || io_.appender().is_full()) return false;
  if (!is_packed && memory_share_.holds_little()) return memory_share_.may_continue();
  return io_.may_go_on_with_batch(id_, !is_packed);
}

void Connection::batch_done() {
  if (memory_share_.leave_place()) io_.look_at_waiting();
  io_.batch_done(id_);
}

std::optional<Connection::Unfinished> Connection::unfinished() const {
  const auto begun = is_open() ? protocol_->begun_input() : std::nullopt;
  if (!begun) return std::nullopt;
  const auto age_ms = std::max<std::int64_t>(1, io_.now_ms() - begun->since_ms);
  return Unfinished{begun->held_bytes, static_cast<double>(begun->received_bytes) / static_cast<double>(age_ms)};
}

std::optional<Connection::UnreadAnswers> Connection::unread_answers() const {
  if (!replies_unsent_ || unsent_bytes() == 0) return std::nullopt;
  const std::int64_t age_ms = io_.now_ms() - replies_since_ms_;
  if (age_ms < kUnreadMs) return std::nullopt;
  return UnreadAnswers{output_held_bytes(), static_cast<double>(replies_taken_bytes_) / static_cast<double>(age_ms),
                       memory_share_.is_in_the_way()};
}

void Connection::drop_unread_answers() {
  const Turn turn(*this);
  close_now("slow_reader");
}

// False if the connection is gone.
bool Connection::flush_output() {
  if (!socket_) return false;
  if (is_broken_) socket_->drop_output();
  const std::size_t before = socket_->unsent_bytes();
  if (!socket_->flush()) {
    if (phase_ != Phase::kOpen) {
      close_now(close_reason_);
      return false;
    }
    is_broken_ = true;  // the loop will soon say so too, and on_broken() read what is left
    socket_->drop_output();
  }
  const std::size_t left = socket_->unsent_bytes();
  account_output();
  if (left < before) {
    replies_taken_bytes_ += before - left;
    write_progress_ms_ = io_.now_ms();
    last_activity_ms_ = write_progress_ms_;
  }
  if (left > 0) return true;
  replies_unsent_ = false;
  if (phase_ == Phase::kFlushing) {
    begin_lingering();
  } else if (phase_ == Phase::kOpen) {
    protocol_->on_output_sent();
    if (paused_ == Pause::kOutput) resume();
  }
  return socket_.has_value();
}

void Connection::pause(Pause why) {
  stop_reading();
  if (!paused_) paused_since_ms_ = io_.now_ms();
  paused_ = why;
  if (tells_long_pause() && long_pause_due_ms_ == kNever) long_pause_due_ms_ = io_.now_ms() + kLongPauseMs;
  if (waits_for_resources()) io_.wait_for_resources(id_);
  if (why == Pause::kAmplification) batch_done();  // others of its machine go on meanwhile
  if (why == Pause::kTurn) resume_next_turn();
  rearm();
}

bool Connection::waits_for_resources() const {
  return paused_ == Pause::kMemory || paused_ == Pause::kSpoolWaits || paused_ == Pause::kSpoolBusy;
}

void Connection::finish(std::string_view reason) {
  if (!is_open()) return;
  phase_ = Phase::kFlushing;
  close_reason_ = reason;
  batch_done();
  stop_reading();
  send(true);
}

void Connection::begin_lingering() {
  phase_ = Phase::kLingering;
  linger_until_ms_ = io_.now_ms() + kLingerMs;
  socket_->shut_sending_side();
  read_on();
  rearm();
}

void Connection::close_now(std::string_view reason) {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  socket_.reset();
  account_output();
  if (is_crawler()) {
    io_.shared().closes.count(reason);
    if (io_.shared().connection_log.tells_close(reason))
      base::log_info("conn_close", {{"conn", id_},
                                    {"peer", peer_},
                                    {"via", word(transport_)},
                                    {"reason", reason},
                                    {"records", records()},
                                    {"rejects", rejects()},
                                    {"bytes", bytes_read_},
                                    {"age_ms", io_.now_ms() - opened_ms_}});
  }
  io_.retire(id_);
}

void Connection::cut() {
  const Turn turn(*this);
  if (phase_ == Phase::kFlushing || phase_ == Phase::kLingering) return close_now(close_reason_);
  if (is_open()) protocol_->on_drain_end();
}

void Connection::abandon_output() {
  is_broken_ = true;
  if (socket_) socket_->drop_output();
}

bool Connection::write_is_stalled(std::int64_t now_ms) const {
  return replies_unsent_ && unsent_bytes() > 0 && now_ms - write_progress_ms_ >= io_.config()->timeouts.write_ms;
}

std::int64_t Connection::next_deadline_ms() const {
  if (phase_ == Phase::kLingering) return linger_until_ms_;
  std::int64_t due = kNever;
  if (replies_unsent_ && unsent_bytes() > 0) due = write_progress_ms_ + io_.config()->timeouts.write_ms;
  if (phase_ != Phase::kOpen) return due;
  if (paused_ == Pause::kAmplification) due = std::min(due, credit_until_ms_);
  if (paused_) return std::min(due, tells_long_pause() ? long_pause_due_ms_ : kNever);
  return std::min(due, protocol_->deadline_ms());
}

// The ring is only told of earlier times; what is armed for a later one finds nothing due when it comes, and arms anew.
void Connection::rearm() {
  const std::int64_t due = next_deadline_ms();
  if (phase_ != Phase::kClosed && due < armed_ms_) armed_ms_ = io_.arm(id_, due);
}

void Connection::check_deadlines() {
  const Turn turn(*this);
  const std::int64_t now = io_.now_ms();
  if (now < armed_ms_) return;  // an entry that an earlier one has replaced
  armed_ms_ = kNever;
  if (phase_ == Phase::kLingering) {
    if (now >= linger_until_ms_) return close_now(close_reason_);
  } else if (write_is_stalled(now)) {
    return close_now(phase_ == Phase::kOpen ? "slow_reader" : close_reason_);
  } else if (is_open() && paused_) {
    if (paused_ == Pause::kAmplification && now >= credit_until_ms_) resume();
    if (tells_long_pause() && now >= long_pause_due_ms_) {
      long_pause_due_ms_ = now + kLongPauseRepeatMs;
      protocol_->on_long_pause();
    }
  } else if (is_open() && !share_.is_waiting() && now >= protocol_->deadline_ms()) {
    protocol_->on_deadline();
  }
  rearm();
}

// ---- what it is ----

const spool::ClientNames& Connection::names() const {
  static const spool::ClientNames none;
  return writer() == nullptr ? none : writer()->names();
}

std::string_view Connection::state_word() const {
  if (phase_ != Phase::kOpen) return "ending";
  if (!paused_) return "reading";
  switch (*paused_) {
    case Pause::kMemory:
      return word(proto::SlowReason::kMemory);
    case Pause::kSpoolWaits:
      return word(slow_reason(io_.shared().committer.state()));
    case Pause::kSpoolBusy:
      return word(proto::SlowReason::kSpoolBusy);
    case Pause::kAmplification:
      return word(proto::SlowReason::kAmplification);
    case Pause::kOutput:
      return "output";
    case Pause::kSession:
      return "session";
    case Pause::kTurn:
    case Pause::kBusy:
      break;
  }
  return "busy";
}

ConnectionFacts Connection::facts() const {
  return {.id = id_,
          .via = word(transport_),
          .peer = peer_,
          .client = names().client,
          .stream = names().stream,
          .session = names().session,
          .state = state_word(),
          .records = records(),
          .rejects = rejects(),
          .bytes = bytes_read_,
          .age_ms = io_.now_ms() - opened_ms_,
          .idle_ms = io_.now_ms() - last_activity_ms_};
}

ClientFacts Connection::client_facts() const {
  return {1, records(), rejects(), bytes_read_, io_.now_ms() - opened_ms_};
}

intake::RecordWriter Connection::make_writer() {
  return {{io_.appender(), io_.checker(), io_.rejects(), io_.shared().streams, io_.session_claims()},
          {id_, transport_, peer_, ticket_.machine()},
          limits().record_bytes_max,
          budget_};
}

}  // namespace crawlspool::connection
