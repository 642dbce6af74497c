// What SendSession does with what the server says.
#include <algorithm>
#include <utility>

#include "clients/cpp/messages.h"
#include "clients/cpp/send_session.h"
#include "daemon/base/check.h"
#include "proto/frame.h"

namespace crawlspool::client {
namespace {

using proto::FrameType;

constexpr std::size_t kPongBytesMax = 256;
constexpr std::size_t kPongsAheadBytes = 1024 * 1024;
constexpr std::size_t kOffsetShownMax = 64 * 1024;
constexpr std::size_t kBytesBehindOffset = 64;

// Returns as much of the record as people need to see what is wrong with it.
std::string excerpt(std::string_view record, const Reply& reject) {
  if (!reject.offset || *reject.offset > kOffsetShownMax) return {};
  return std::string(record.substr(0, static_cast<std::size_t>(*reject.offset) + kBytesBehindOffset));
}

}  // namespace

Ending SendSession::not_ours(std::uint64_t last_seq) {
  return {Ending::Kind::kFinal,
          "has records up to number " + std::to_string(last_seq) + " under this session, more than were sent from here",
          0};
}

void SendSession::received(const Reply& reply) {
  if (ending_) return;
  switch (reply.kind) {
    case Reply::Kind::kWelcome:
      if (phase_ == Phase::kGreeting) on_welcome(reply.welcome);
      return;
    case Reply::Kind::kAck:
      if (phase_ != Phase::kGreeting) on_ack(*reply.seq);
      return;
    case Reply::Kind::kReject:
      if (phase_ != Phase::kGreeting) on_reject(reply);
      return;
    case Reply::Kind::kPing:
      on_ping(reply);
      return;
    case Reply::Kind::kSlow:
      events_.push_back({.kind = SessionEvent::Kind::kSlow, .reply = reply});
      return;
    case Reply::Kind::kResume:
      events_.push_back({.kind = SessionEvent::Kind::kResume});
      return;
    case Reply::Kind::kError:
    case Reply::Kind::kGoodbye:
      ending_ = Ending::of(reply);
      if (blames_a_frame(reply)) on_refused_frame(reply);
      return;
    case Reply::Kind::kOther:
      return;
  }
}

void SendSession::on_welcome(const Welcome& welcome) {
  const std::uint64_t from = window_.first_seq();
  if (const auto why = contradiction(welcome)) {
    ending_ = Ending{Ending::Kind::kFinal, *why, 0};
    return;
  }
  framing_.set_limits(welcome);
  const std::uint64_t sent = std::max(highest_sent_, maybe_sent_);
  if (!settings_.is_kept && welcome.last_seq >= from && welcome.last_seq > sent) return take_new_session();
  if (std::min(welcome.last_seq + 1, window_.next_seq()) > std::max(sent + 1, from)) {
    ending_ = not_ours(welcome.last_seq);
    return;
  }
  phase_ = Phase::kOpen;
  next_on_connection_ = welcome.last_seq + 1;
  if (from > known_through_) unseen_rejects_ = 0;
  known_through_ = std::max(known_through_, welcome.last_seq);
  if (!welcome.known && from > 1 && (highest_sent_ >= from || settings_.may_be_sent_before))
    events_.push_back({.kind = SessionEvent::Kind::kMayBeTwice});
  settings_.may_be_sent_before = false;
  if (!welcome.acks_are_synced && !std::exchange(acks_unsynced_said_, true))
    events_.push_back({.kind = SessionEvent::Kind::kAcksUnsynced});
  find_unseen_rejects(welcome);
  acknowledge_through(welcome.last_seq);
  acknowledged_.rejected = welcome.rejected;
}

// Says why this server and this session cannot go together.
std::optional<std::string> SendSession::contradiction(const Welcome& welcome) const {
  const std::uint64_t from = window_.first_seq();
  if (welcome.last_seq + 1 < from)
    return "welcomes with last_seq " + std::to_string(welcome.last_seq) + " where all below " + std::to_string(from) +
           " was said to be acknowledged";
  const bool is_known = welcome.last_seq >= from || (welcome.known && from > 1);
  if (settings_.may_be_sent_before && settings_.is_elsewhere && !is_known)
    return "does not know this session, and records of it that were sent to another address may be stored there";
  return std::nullopt;
}

// The server sends a reject once, on the connection that the record came by: its count shows those that were lost with
// it.
void SendSession::find_unseen_rejects(const Welcome& welcome) {
  std::uint64_t seen = acknowledged_.rejected + std::exchange(refused_frames_, 0);
  for (std::uint64_t seq = window_.first_seq(); seq < window_.next_seq() && seq <= welcome.last_seq; ++seq)
    seen += window_.at(seq).is_rejected;
  if (welcome.rejected <= seen) return;
  const std::uint64_t unseen = welcome.rejected - seen;
  unseen_rejects_ += unseen;
  counts_.rejected += unseen;
  events_.push_back({.kind = SessionEvent::Kind::kRejectedUnseen, .count = unseen});
}

// Takes a new session: someone else has drawn the same one, or the server is not the one that was asked before.
void SendSession::take_new_session() {
  settings_.session = new_session();
  window_.renumber(1);
  acknowledged_ = {};
  framing_.renumber();
  highest_sent_ = maybe_sent_ = known_through_ = 0;
  events_.push_back({.kind = SessionEvent::Kind::kNewSession});
  ending_ = Ending{Ending::Kind::kLater, {}, 0};
}

void SendSession::on_ack(std::uint64_t seq) {
  if (seq < window_.first_seq()) return;
  if (frames_.acknowledge(seq, output_.written_bytes())) return acknowledge_through(seq);
  ending_ = Ending{Ending::Kind::kFinal, "acks record " + std::to_string(seq) + ", which was not sent", 0};
}

void SendSession::on_reject(const Reply& reply) {
  RecordWindow::Entry* const entry = window_.find(*reply.seq);
  if (entry == nullptr || entry->is_rejected || entry->is_given_up) return;
  entry->is_rejected = true;
  ++counts_.rejected;
  events_.push_back({.kind = SessionEvent::Kind::kRejected,
                     .place = entry->place,
                     .reply = reply,
                     .record = excerpt(window_.text_of(*entry), reply)});
}

// The server took nothing of a refused batch: its records are good for all that is known. One that is too large alone
// is not.
void SendSession::on_refused_frame(const Reply& error) {
  const auto frame = frames_.find(*error.seq);
  if (!frame) return;
  if (frame->type == FrameType::kRecord) {
    ++refused_frames_;
    give_up(*error.seq, {.kind = SessionEvent::Kind::kRejected, .place = window_.at(*error.seq).place, .reply = error});
  } else {
    framing_.on_refused_batch(*frame);
  }
  ending_->kind = Ending::Kind::kAtOnce;
}

void SendSession::on_ping(const Reply& ping) {
  if (phase_ != Phase::kOpen || output_.unwritten().size() > kPongsAheadBytes) return;
  output_.append(FrameType::kPong,
                 ping.payload.size() <= kPongBytesMax ? std::string_view(ping.payload) : std::string_view{});
}

// Records that are given up are acknowledged with what is below them.
void SendSession::acknowledge_through(std::uint64_t seq) {
  while (!window_.empty() && (window_.first_seq() <= seq || window_.front().is_given_up)) acknowledge_front();
}

void SendSession::acknowledge_front() {
  const RecordWindow::Entry& entry = window_.front();
  const std::uint64_t seq = window_.first_seq();
  if (entry.is_given_up) {
    // counted as rejected
  } else if (entry.is_rejected) {
    ++acknowledged_.rejected;
  } else if (seq <= known_through_ && unseen_rejects_ > 0) {
    --unseen_rejects_;
  } else {
    ++(seq <= highest_sent_ ? counts_.stored : counts_.skipped);
  }
  acknowledged_.seq = seq;
  acknowledged_.place = entry.place;
  window_.pop_front();
}

void SendSession::give_up(std::uint64_t seq, SessionEvent event) {
  RecordWindow::Entry* const entry = window_.find(seq);
  CRAWLSPOOL_CHECK(entry != nullptr && !entry->is_given_up);
  entry->is_given_up = true;
  if (!entry->is_rejected) {
    ++counts_.rejected;
    events_.push_back(std::move(event));
  }
  acknowledge_through(window_.first_seq() - 1);
}

}  // namespace crawlspool::client
