#include "daemon/connection/connection.h"

#include <algorithm>
#include <random>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/connection/io_loop.h"

namespace crawlspool::connection {
namespace {

// Spread, so that those who came together do not all go together.
std::int64_t old_at(std::int64_t now_ms, std::int64_t age_ms) {
  if (age_ms == 0) return Connection::kNever;
  static thread_local std::minstd_rand random(std::random_device{}());
  return now_ms + std::uniform_int_distribution<std::int64_t>(age_ms - age_ms / 10, age_ms + age_ms / 10)(random);
}

}  // namespace

Connection::Connection(IoLoop& io, base::ConnectionId id, proto::Input input, base::Peer peer, Admission::Ticket ticket)
    : Source(id, input, std::move(peer)),
      io_(io),
      opened_with_(io.config()),
      ticket_(std::move(ticket)),
      share_(io.fair_share(), id, this->peer().machine),
      memory_(io, id, this->peer().machine),
      credit_(id, this->peer(), io.shared().amplification, budget_, opened_with_->limits.amplification_max),
      link_(io.now_ms()) {}

void Connection::speak(std::unique_ptr<Protocol> protocol) {
  protocol_ = std::move(protocol);
  memory_.charge_to(protocol_->own_account());
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
    if (brings_records(input())) old_at_ms_ = old_at(io_.now_ms(), opened_with_->timeouts.connection_ms);
    protocol_->on_open();
  }
}

intake::RecordWriter Connection::make_writer() {
  return {{io_.appender(), io_.checker(), io_.rejects(), io_.shared().streams, io_.leases(), io_.transcoder()},
          {id(), input(), peer()},
          limits().record_bytes_max,
          budget_};
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
  if (!reader_.paused() || !link_.is_open()) return;
  const Turn turn(*this);
  reader_.go_on_at_end();
}

void Connection::resume_next_turn() { io_.fair_share().add(share_); }

void Connection::end_turn() {
  reader_.end_turn();
  account_memory();
  arm_deadline();
  is_in_turn_ = false;
}

void Connection::account_memory() { memory_.charge(protocol_->held_bytes() + reader_.held_bytes()); }

std::uint64_t Connection::take_turn(std::uint64_t cost_max) {
  io_.fair_share().served(share_);
  if (!link_.is_open()) return 0;
  budget_.begin(cost_max);
  {
    const Turn turn(*this);
    reader_.take_turn();
  }
  if (link_.is_open() && credit_.charge_turn(protocol_->held_wire_bytes() + reader_.kept_bytes(), io_.now_ms()) &&
      !reader_.paused()) {
    const Turn turn(*this);
    if (const ReadPlan plan = reader_.plan(); plan.bytes == 0) reader_.pause(plan.why);
  }
  const std::uint64_t cost = FairShare::kTurnFixedCost + budget_.spent();
  io_.fair_share().charge(share_, cost);
  return cost;
}

void Connection::on_ready(net::Ready of_descriptor) {
  const Turn turn(*this);
  const net::Ready ready = link_.meant(of_descriptor);
  if (ready.broken) return on_broken();
  if (ready.writable && !flush_output()) return;
  // Watched for only while the connection is not read: what it has sent before is still there to be read.
  if (ready.hangup) link_.hangup_seen();
  if (!ready.readable) return;
  if (link_.is_lingering()) {
    const auto loan = io_.read_buffer().lend();
    return link_.discard_input(loan.bytes()) ? void() : close_now(link_.close_reason());
  }
  if (link_.is_open() && !reader_.paused() && !share_.is_waiting()) io_.serve_or_queue(*this, share_);
}

// Whole records that came before the peer's reset are still there to be read, and count.
void Connection::on_broken() {
  if (!link_.is_open()) return close_now(link_.close_reason());
  link_.stop_watching();
  flush_output();  // drops it, and ends a pause for it
  if (!reader_.paused()) resume_next_turn();
}

// ---- answers and the end ----

void Connection::send(bool has_replies) {
  if (link_.is_closed()) return;
  if (has_replies) link_.note_replies(io_.now_ms());
  flush_output();
}

// Returns false if the connection is gone.
bool Connection::flush_output() {
  if (link_.is_closed()) return false;
  const Link::Flushed flushed = link_.flush(io_.now_ms());
  if (flushed.is_lost) {
    close_now(link_.close_reason());
    return false;
  }
  memory_.charge_answers(link_.held_bytes());
  if (!flushed.is_all_sent) return true;
  if (link_.is_flushing()) {
    link_.linger(io_.now_ms());
  } else if (link_.is_open()) {
    protocol_->on_output_sent();
    if (reader_.paused() == Pause::kOutput) resume();
  }
  return !link_.is_closed();
}

void Connection::finish(std::string_view reason) {
  if (!link_.is_open()) return;
  link_.finish(reason);
  reader_.drop_kept_input();
  memory_.batch_done();
  link_.want_input(false);
  send(true);
}

void Connection::close_now(std::string_view reason) {
  if (link_.is_closed()) return;
  if (is_crawler()) {
    io_.shared().closes.count(reason);
    io_.shared().connection_log.closed(*this, reason, credit_.received_bytes(), io_.now_ms() - link_.times().opened_ms);
  }
  link_.close();
  memory_.charge_answers(0);
  io_.sources().retire(id());
}

// ---- deadlines ----

// The timer wheel is only asked for earlier times; what is armed for a later one finds nothing due when it comes, and
// arms again.
void Connection::arm_deadline() {
  if (link_.is_closed()) return;
  std::int64_t due = link_.deadline_ms(io_.config()->timeouts.write_ms);
  if (link_.is_open()) due = std::min({due, old_at_ms_, reader_.deadline_ms()});
  if (due < armed_ms_) armed_ms_ = io_.arm(id(), due);
}

void Connection::check_deadlines() {
  const Turn turn(*this);
  const std::int64_t now = io_.now_ms();
  if (now < armed_ms_) return;  // an entry that an earlier one has replaced
  armed_ms_ = kNever;
  if (link_.is_lingering()) {
    if (now >= link_.deadline_ms(0)) close_now(link_.close_reason());
  } else if (now >= link_.handshake_until_ms()) {
    close_now("tls_handshake");
  } else if (link_.end_hold(now)) {
    flush_output();
  } else if (link_.has_stalled(now, io_.config()->timeouts.write_ms)) {
    close_now(link_.is_open() ? std::string_view("slow_reader") : link_.close_reason());
  } else if (link_.is_open() && now >= old_at_ms_) {
    old_at_ms_ = now + io_.config()->timeouts.frame_ms;  // for what has begun
    protocol_->on_old();
  } else if (link_.is_open() && (reader_.paused() || !share_.is_waiting())) {
    reader_.check_deadline(now);
  }
}

}  // namespace crawlspool::connection
