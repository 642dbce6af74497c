#include "clients/cpp/send_session.h"

#include <algorithm>
#include <utility>

#include "clients/cpp/messages.h"
#include "daemon/base/check.h"
#include "proto/frame.h"

namespace crawlspool::client {
namespace {

using proto::FrameType;

constexpr std::size_t kOutputAheadBytes = 256 * 1024;

}  // namespace

SendSession::SendSession(SessionSettings settings)
    : settings_(std::move(settings)),
      window_(settings_.first_seq, settings_.window),
      framing_(settings_.framing, settings_.batch_bytes_max, settings_.compressed_batch_bytes_max),
      acknowledged_{settings_.first_seq - 1, {}, settings_.rejected_before},
      highest_sent_(settings_.first_seq - 1),
      maybe_sent_(settings_.first_seq - 1) {}

// --- records ---

void SendSession::add(const Place& place, std::string_view record, bool maybe_sent) {
  note_origin(window_.next_seq(), maybe_sent);
  if (window_.next_seq() > known_through_) {
    window_.add(place, record);
  } else if (framing_.is_too_large(record.size())) {
    add_too_large(place, framing_.record_bytes_max(), maybe_sent);  // it cannot be among those that are stored
  } else {
    CRAWLSPOOL_CHECK(window_.empty());  // the welcome has acknowledged all up to known_through_
    window_.add_unheld(place);
    acknowledge_front();
  }
}

void SendSession::add_too_large(const Place& place, std::uint64_t bytes_max, bool maybe_sent) {
  const std::uint64_t seq = window_.next_seq();
  note_origin(seq, maybe_sent);
  window_.add_unheld(place);
  give_up(seq, {.kind = SessionEvent::Kind::kTooLarge, .place = place, .count = bytes_max});
}

// What nobody has sent cannot be acknowledged: then it is someone else's session.
void SendSession::note_origin(std::uint64_t seq, bool maybe_sent) {
  if (maybe_sent) maybe_sent_ = seq;
  if (!maybe_sent && seq <= known_through_ && !ending_) ending_ = not_ours(known_through_);
}

std::uint64_t SendSession::unacknowledged() const {
  std::uint64_t count = 0;
  for (std::uint64_t seq = window_.first_seq(); seq < window_.next_seq(); ++seq) {
    const RecordWindow::Entry& entry = window_.at(seq);
    count += !entry.is_rejected && !entry.is_given_up;
  }
  return count;
}

std::uint64_t SendSession::unsent() const {
  std::uint64_t count = 0;
  const std::uint64_t sent = std::max(highest_sent_, maybe_sent_);
  for (std::uint64_t seq = std::max(window_.first_seq(), sent + 1); seq < window_.next_seq(); ++seq)
    count += !window_.at(seq).is_given_up;
  return count;
}

std::vector<SessionEvent> SendSession::take_events() { return std::exchange(events_, {}); }

// --- one connection after the other ---

void SendSession::connected() {
  CRAWLSPOOL_CHECK(phase_ == Phase::kOffline);
  phase_ = Phase::kGreeting;
  append_hello(output_.text(), {.client = settings_.client,
                                .stream = settings_.stream,
                                .session = settings_.session,
                                .from = window_.first_seq(),
                                .heartbeat = true,
                                .charset = settings_.charset,
                                .token = settings_.token.empty() ? std::nullopt : std::optional(settings_.token)});
}

void SendSession::disconnected() {
  phase_ = Phase::kOffline;
  output_ = {};
  frames_.clear();
  ending_.reset();
  window_.rewind();
}

std::string_view SendSession::output() {
  while (phase_ == Phase::kOpen && !ending_ && output_.unwritten().size() < kOutputAheadBytes && make_frame()) continue;
  return output_.unwritten();
}

void SendSession::say_bye() {
  CRAWLSPOOL_CHECK(is_all_acknowledged());
  output_.append(FrameType::kBye, {});
  phase_ = Phase::kClosing;
}

// Returns false if there is nothing that can be sent now.
bool SendSession::make_frame() {
  if (!skip_unsendable()) return false;
  const std::uint64_t seq = window_.first_unsent();
  if (seq == next_on_connection_) {
    append_run(window_.next_run(framing_.run_limits(seq)));
    return true;
  }
  if (seq == window_.first_seq()) ending_ = Ending{Ending::Kind::kAtOnce, {}, 0};
  return false;
}

// Returns false if nothing is left behind it.
bool SendSession::skip_unsendable() {
  while (window_.has_unsent()) {
    const std::uint64_t seq = window_.first_unsent();
    const RecordWindow::Entry& entry = window_.at(seq);
    if (!entry.is_given_up && framing_.is_too_large(entry.record_bytes())) {
      give_up(seq, {.kind = SessionEvent::Kind::kTooLarge, .place = entry.place, .count = framing_.record_bytes_max()});
    } else if (entry.is_given_up) {
      window_.sent_through(seq);
    } else {
      return true;
    }
  }
  return false;
}

void SendSession::append_run(const RecordWindow::Run& run) {
  const RunFraming::Frame frame = framing_.frame_of(run);
  output_.append(frame.type, frame.payload);
  frames_.add({frame.type, run.first_seq, run.last_seq(), output_.end_position()});
  if (run.first_seq <= highest_sent_) counts_.resent += std::min(run.last_seq(), highest_sent_) - run.first_seq + 1;
  highest_sent_ = std::max(highest_sent_, run.last_seq());
  next_on_connection_ = run.last_seq() + 1;
  window_.sent_through(run.last_seq());
}

}  // namespace crawlspool::client
