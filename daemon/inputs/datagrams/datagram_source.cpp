#include "daemon/inputs/datagrams/datagram_source.h"

#include <cstring>
#include <utility>

#include "daemon/base/limited_event.h"
#include "daemon/base/log.h"

namespace crawlspool::datagrams {
namespace {

using connection::Pause;
using net::DatagramSocket;

constexpr std::int64_t kLookMs = 1000;  // at what the kernel has dropped, when nothing is received

// A key that no machine has, so that a listener has its own share of the loop's time.
base::Peer listener_peer(const base::Endpoint& local, base::ConnectionId id) {
  constexpr unsigned char kListener = 2;
  base::Peer peer{local.url(), {}, std::nullopt};
  peer.machine.bytes[0] = kListener;
  std::memcpy(&peer.machine.bytes[1], &id, sizeof id);
  static_assert(sizeof id < sizeof peer.machine.bytes);
  return peer;
}

}  // namespace

DatagramSource::DatagramSource(connection::IoLoop& io, base::ConnectionId id, std::unique_ptr<DatagramSocket> socket,
                               const config::ListenerSettings& settings,
                               std::shared_ptr<connection::DatagramCounts> counts, bool is_inherited)
    : Source(id, proto::input("datagrams"), listener_peer(socket->local(), id)),
      io_(io),
      socket_(std::move(socket)),
      allow_from_(settings.allow_from),
      answers_(settings.ack),
      is_inherited_(is_inherited),
      counts_(std::move(counts)),
      share_(io.fair_share(), id, peer().machine),
      writer_({io.appender(), io.checker(), io.rejects(), io.shared().streams, io.leases(), io.transcoder()},
              {id, input(), sender_.peer()}, io.config()->limits.record_bytes_max, budget_),
      drops_(*socket_, *counts_, is_inherited) {
  writer_.identify({.names = {.client = settings.client, .session = {}, .stream = settings.stream},
                    .session = {},
                    .acks_once_written = false});
  writer_.decode_from(settings.decoding);
}

DatagramSource::~DatagramSource() { io_.appender().memory().adjust(charged_ack_bytes_, 0); }

base::Result<void> DatagramSource::start() {
  CRAWLSPOOL_TRY_AS(auto poll, net::Poll::open(io_.loop(), socket_->fd(), *this));
  poll_ = std::make_unique<net::Poll>(std::move(poll));
  poll_->watch({.readable = true});
  arm_deadline();
  return {};
}

// ---- turns ----

// What is broken is tried again when the kernel's drops are looked at.
void DatagramSource::on_ready(net::Ready ready) {
  if (ready.broken) return poll_->watch({});
  if (!paused_ && !share_.is_waiting()) io_.serve_or_queue(*this, share_);
}

std::uint64_t DatagramSource::take_turn(std::uint64_t cost_max) {
  io_.fair_share().served(share_);
  if (has_ended_) return 0;
  budget_.begin(cost_max);
  if (!paused_) take_datagrams();
  const std::uint64_t cost = connection::FairShare::kTurnFixedCost + budget_.spent();
  io_.fair_share().charge(share_, cost);
  return cost;
}

void DatagramSource::take_datagrams() {
  const auto loan = io_.read_buffer().lend();  // what is taken in here is the loop's one input in view
  const commit::ReadTime when = io_.read_time();
  while (!budget_.is_spent()) {
    if (const auto why = obstacle()) {
      pause(*why);
      break;
    }
    if (!has_received() && !receive()) {
      is_emptied_ = is_draining_;
      break;
    }
    take_next(when);
  }
  drops_.update();
  if (!paused_ && (is_draining_ ? !is_emptied_ : has_received())) resume_next_turn();
  end_if_done();
}

bool DatagramSource::receive() {
  if (is_draining_ && is_inherited_) return false;
  next_ = 0;
  received_ = socket_->receive();
  return received_ > 0;
}

std::optional<Pause> DatagramSource::obstacle() const {
  if (is_waiting(io_.shared().committer.state())) return Pause::kSpoolWaits;
  if (io_.appender().is_full()) return Pause::kSpoolBusy;
  if (!io_.shared().memory.may_begin()) return Pause::kMemory;
  if (acks_.is_full()) return Pause::kBusy;
  return std::nullopt;
}

void DatagramSource::pause(Pause why) {
  paused_ = why;
  poll_->watch({});
  if (why != Pause::kBusy) io_.memory_relief().wait(id());
}

void DatagramSource::resume() {
  if (!paused_ || has_ended_) return;
  if (const auto why = obstacle()) return pause(*why);
  paused_.reset();
  poll_->watch({.readable = true});
  resume_next_turn();
}

// ---- datagrams ----

void DatagramSource::take_next(const commit::ReadTime& when) {
  const DatagramSocket::Datagram datagram = socket_->received(next_++);
  counts_->received.fetch_add(1, std::memory_order_relaxed);
  budget_.count_datagram();
  if (!allow_from_.empty() && !contains(allow_from_, datagram.from)) return refuse(datagram, when);
  if (!may_come_from(datagram)) {
    counts_->refused.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (!is_taken(datagram, when) || !answers_ || datagram.bytes.size() < kAnsweredBytesMin) return;
  if (datagram.from.length() <= sizeof(sa_family_t)) return;  // it has no address to be answered at
  acks_.add({writer_.taken(), datagram.from, ack_of(datagram.bytes)});
  io_.appender().memory().adjust(charged_ack_bytes_, acks_.held_bytes());
}

void DatagramSource::refuse(const DatagramSocket::Datagram& datagram, const commit::ReadTime& when) {
  counts_->refused.fetch_add(1, std::memory_order_relaxed);
  if (const auto suppressed = base::admit_warning("datagram_refused", when.monotonic_us))
    base::log_warn_admitted("datagram_refused", *suppressed,
                            {{"address", peer().text},
                             {"peer", datagram.from.to_string()},
                             {"detail", "allow_from of the listener does not name the sender"}});
}

// Over UDP only the listener's allow_from says who may; a user of this machine may have to be one of auth.uids.
bool DatagramSource::may_come_from(const DatagramSocket::Datagram& datagram) {
  if (!sender_.change_to(datagram)) return is_sender_admitted_;
  is_sender_admitted_ = !datagram.user || admit_user();
  if (is_sender_admitted_) writer_.peer_changed();
  return is_sender_admitted_;
}

bool DatagramSource::admit_user() {
  const spool::ClientNames& known = writer_.names();
  auto sender = io_.shared().authenticator.identify({sender_.peer(), false, {}}, {{}, known.client});
  if (!sender) return false;
  writer_.identify({.names = {sender->client, {}, known.stream, sender->user},
                    .session = {},
                    .acks_once_written = false,
                    .usage = std::move(sender->usage)});
  return true;
}

// Returns whether it is stored; else it is in rejected/.
bool DatagramSource::is_taken(const DatagramSocket::Datagram& datagram, const commit::ReadTime& when) {
  const std::uint64_t seq = writer_.taken() + 1;
  const intake::RejectedNumber number{seq, {"seq", seq}};
  const auto turn_down = [&](const json::RejectReason& reason) {
    writer_.reject(datagram.bytes, reason, number, when);
    return false;
  };
  if (datagram.is_cut) {
    base::ShortText why("a datagram of more than ");
    why += socket_->datagram_bytes_max();
    why += " bytes";
    return turn_down({proto::RejectCode::kRecordTooLarge, why, {}});
  }
  const Content content = content_of(datagram.bytes);
  if (content == Content::kPlain) return !writer_.write(datagram.bytes, number, when);
  if (content == Content::kGelfChunk) return turn_down(gelf_chunk_reason());
  const Decompressed plain = decompress(content, datagram.bytes, io_.config()->limits.record_bytes_max, budget_);
  if (plain.reject) return turn_down(*plain.reject);
  return !writer_.write(plain.record, number, when);
}

void DatagramSource::on_synced(std::uint64_t count) {
  writer_.on_synced(count);
  if (has_ended_) return;
  acks_.take_due(count, [this](const AckQueue::Due& due) {
    if (socket_->send(due.to, due.text)) counts_->acked.fetch_add(1, std::memory_order_relaxed);
  });
  io_.appender().memory().adjust(charged_ack_bytes_, acks_.held_bytes());
  if (paused_ == Pause::kBusy) resume();
  end_if_done();
}

void DatagramSource::on_spool_state(commit::SpoolState state) {
  if (has_ended_) return;
  if (state == commit::SpoolState::kFailed) return end();
  if (is_waiting(state) && !paused_) pause(Pause::kSpoolWaits);
}

// ---- once a second ----

void DatagramSource::arm_deadline() {
  writer_.set_record_bytes_max(io_.config()->limits.record_bytes_max);
  if (!armed_ms_) armed_ms_ = io_.arm(id(), io_.now_ms() + kLookMs);
}

void DatagramSource::check_deadlines() {
  if (has_ended_ || io_.now_ms() < armed_ms_.value_or(0)) return;
  armed_ms_.reset();
  drops_.update();
  drops_.log(peer().text, paused_.has_value());
  if (!paused_) poll_->watch({.readable = true});
  arm_deadline();
}

// ---- the end ----

// What the socket holds is still taken in, and nothing behind it.
void DatagramSource::on_drain() {
  if (std::exchange(is_draining_, true) || has_ended_) return;
  if (!is_inherited_) socket_->close_entrance();
  if (!paused_) resume_next_turn();
}

void DatagramSource::on_drain_end() {
  if (!has_ended_) end();
}

void DatagramSource::end_if_done() {
  if (!has_ended_ && is_draining_ && is_emptied_ && acks_.is_empty()) end();
}

void DatagramSource::end() {
  has_ended_ = true;
  drops_.update();
  drops_.log(peer().text, paused_.has_value());
  const std::uint64_t left_bytes = is_inherited_ ? 0 : socket_->unreceived_bytes();
  if (has_received() || left_bytes > 0)
    base::log_warn("datagrams_left", {{"address", peer().text},
                                      {"datagrams", received_ - next_},
                                      {"bytes", left_bytes},
                                      {"detail", "they were received, or held by the kernel, and are not stored"}});
  poll_.reset();
  io_.sources().retire(id());
}

// ---- what it is ----

connection::SourceFacts DatagramSource::facts() const {
  connection::SourceFacts facts;
  facts.id = id();
  facts.via = word(input());
  facts.peer = peer().text;
  facts.client = writer_.names().client;
  facts.stream = writer_.names().stream;
  facts.state = paused_ ? "busy" : "reading";
  facts.records = writer_.records();
  facts.rejects = writer_.rejects();
  return facts;
}

connection::ClientFacts DatagramSource::client_facts() const { return {0, writer_.records(), writer_.rejects(), 0, 0}; }

}  // namespace crawlspool::datagrams
