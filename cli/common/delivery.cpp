#include "cli/common/delivery.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "cli/common/fault_words.h"
#include "cli/common/human.h"
#include "cli/common/stop_signals.h"
#include "config/units.h"
#include "proto/codes.h"

namespace crawlspool::cli {
namespace {

using client::Ending;
using client::SessionEvent;

constexpr std::int64_t kLookAroundMs = 200;  // for signals and the progress bar
constexpr int kGoodbyeWaitMs = 3000;
constexpr std::int64_t kSilenceMsMax = 60'000;  // four of the signs that a server gives which does not read

client::SessionSettings known_by(const Address& server, client::SessionSettings settings) {
  settings.token = server.token;
  return settings;
}

}  // namespace

void DeliveryReport::show(const SessionEvent& event) {
  switch (event.kind) {
    case SessionEvent::Kind::kRejected:
      return show_record(event.place,
                         verdict_words(event.record, event.reply.word, event.reply.detail, event.reply.offset));
    case SessionEvent::Kind::kTooLarge:
      return show_record(event.place, std::string(proto::word(proto::RejectCode::kRecordTooLarge)) +
                                          ": not sent, as the server takes at most " + std::to_string(event.count) +
                                          " bytes");
    case SessionEvent::Kind::kRejectedUnseen:
      return show_server("has rejected " + counted(event.count, "record") +
                         " whose verdicts did not come here; they are in its spool's rejected/");
    case SessionEvent::Kind::kMayBeTwice:
      return show_server("has no memory of this session: what was sent and not acked may be stored twice");
    case SessionEvent::Kind::kNewSession:
      return show_server("has records under this session that were not sent from here; going on under a new one");
    case SessionEvent::Kind::kAcksUnsynced:
      return show_server("acks what is written and not yet synced to its disk");
    case SessionEvent::Kind::kSlow:
      if (slow_reason_ != event.reply.word) show_server("does not read for now: " + shown(event.reply.word));
      slow_reason_ = event.reply.word;
      return;
    case SessionEvent::Kind::kResume:
      if (!slow_reason_.empty()) show_server("reads again");
      slow_reason_.clear();
      return;
  }
}

void DeliveryReport::show_record(const client::Place& place, const std::string& what) {
  console_.say(describe_(place) + ": " + what);
}

void DeliveryReport::show_server(const std::string& what) { console_.say("crawlspool: " + server_ + " " + what); }

void DeliveryReport::connection_lost(const std::string& why) {
  slow_reason_.clear();
  if (why.empty() || why == lost_why_) return;
  lost_why_ = why;
  console_.say("crawlspool: " + why + "; trying again");
}

void DeliveryReport::progressed() {
  if (!lost_why_.empty()) console_.say("crawlspool: connected to " + server_ + " again");
  lost_why_.clear();
}

void DeliveryReport::give_up(const std::string& why) { console_.say("crawlspool: " + why); }

Delivery::Delivery(Settings settings, DeliveryReport::Describe describe, Console& console)
    : server_(std::move(settings.server)),
      report_(shown(server_.to_string()), std::move(describe), console),
      session_(known_by(server_, std::move(settings.session))),
      policy_(settings.give_up_after_ms, std::random_device()()),
      give_up_after_ms_(settings.give_up_after_ms),
      silence_ms_max_(give_up_after_ms_ == 0 ? kSilenceMsMax : std::min(give_up_after_ms_, kSilenceMsMax)),
      was_reached_(settings.was_reached),
      acknowledged_seq_(session_.acknowledged().seq) {}

bool Delivery::turn(int input_fd) {
  if (!keep_connected()) return false;
  if (wait(input_fd)) {
    write();
    if (!receive()) return false;
  }
  if (!take_ending()) return false;
  note_progress();
  return true;
}

bool Delivery::keep_connected() {
  if (connection_ || !session_.needs_connection() || clock_.monotonic_us() < next_attempt_us_) return true;
  auto opened = Connection::open(server_);
  if (!opened) {
    if (stop_requested()) return give_up("interrupted");
    return was_reached_ ? lost(opened.error().message(), 0) : give_up(opened.error().message());
  }
  connection_ = std::move(*opened);
  was_connected_ = true;
  if (!server_.tls) was_reached_ = true;  // by TLS a client's certificate is refused after the handshake
  write_failed_ = false;
  is_slow_ = false;
  is_socket_full_ = false;
  last_sign_us_ = clock_.monotonic_us();
  session_.connected();
  return true;
}

// Returns false if nothing happened, or nothing on the connection.
bool Delivery::wait(int input_fd) {
  std::array<pollfd, 2> waiting{{{-1, POLLIN, 0}, {input_fd, POLLIN, 0}}};  // poll() passes over -1
  std::int64_t wait_ms = kLookAroundMs;
  if (connection_) {
    waiting[0].fd = connection_->fd();
    if (!write_failed_ && !session_.output().empty()) waiting[0].events = POLLIN | POLLOUT;
    if (session_.ending()) return false;
  } else if (session_.needs_connection()) {
    wait_ms = std::clamp<std::int64_t>((next_attempt_us_ - clock_.monotonic_us()) / 1000 + 1, 0, kLookAroundMs);
  }
  return ::poll(waiting.data(), waiting.size(), static_cast<int>(wait_ms)) > 0 && waiting[0].revents != 0;
}

// Bytes that the socket takes are a sign of life only where it was full before: then the other end has made room, as on
// a slow line. One that takes all at once takes it for a server that hangs as well.
void Delivery::write() {
  while (!write_failed_) {
    const std::string_view output = session_.output();
    if (output.empty()) return;
    const auto n = connection_->write_some(output);
    write_failed_ = !n;
    if (!n) return;
    if (*n > 0 && is_socket_full_) last_sign_us_ = clock_.monotonic_us();
    is_socket_full_ = *n < output.size();
    if (*n == 0) return;
    session_.wrote(*n);
  }
}

// What comes with the end counts: the server's reason is read before the end itself.
bool Delivery::receive() {
  const auto open = connection_->receive([this](const client::Reply& reply) {
    session_.received(reply);
    was_reached_ = true;
    last_sign_us_ = clock_.monotonic_us();
  });
  show_events();
  if (session_.ending()) return true;
  if (!open && open.error().code == base::ErrorCode::kDamaged) return give_up(open.error().message());
  if (!open) return lost(open.error().message(), 0);
  if (!*open) return lost(shown(server_.to_string()) + " closed the connection without a word", 0);
  return true;
}

// A server that asks for patience gets it.
void Delivery::show_events() {
  for (const SessionEvent& event : session_.take_events()) {
    if (event.kind == SessionEvent::Kind::kSlow) policy_.made_progress();
    if (event.kind == SessionEvent::Kind::kSlow) is_slow_ = true;
    if (event.kind == SessionEvent::Kind::kResume) is_slow_ = false;
    report_.show(event);
  }
}

// Sees what the connection is still good for. Returns false if it is over for good.
bool Delivery::take_ending() {
  if (!connection_) return true;
  if (const auto ending = session_.ending()) {
    const std::string why = ending->why.empty() ? "" : shown(server_.to_string() + ": " + ending->why);
    if (ending->kind == Ending::Kind::kFinal) return give_up(why);
    if (ending->kind == Ending::Kind::kLater) return lost(why, ending->reconnect_after_ms);
    connection_.reset();
    session_.disconnected();
    return true;
  }
  const std::int64_t now = clock_.monotonic_us();
  const std::int64_t silence_ms = is_slow_ ? kSilenceMsMax : silence_ms_max_;
  if (session_.is_all_acknowledged()) last_sign_us_ = now;  // nothing is waited for
  if (now - last_sign_us_ <= silence_ms * 1000) return true;
  return lost("no word from " + shown(server_.to_string()) + " for " + config::format_duration(silence_ms), 0);
}

// Returns false if it is not to be tried again.
bool Delivery::lost(const std::string& why, std::int64_t delay_ms_min) {
  if (!was_reached_) return give_up(why);
  note_progress();
  connection_.reset();
  session_.disconnected();
  const std::int64_t now = clock_.monotonic_us();
  next_attempt_us_ = now + delay_ms_min * 1000;
  if (!session_.needs_connection()) return true;
  const auto at = policy_.failed(now, delay_ms_min);
  const std::string in_vain = "no progress for " + config::format_duration(give_up_after_ms_);
  if (!at) return give_up(why.empty() ? in_vain : give_up_after_ms_ == 0 ? why : why + "; " + in_vain);
  next_attempt_us_ = *at;
  report_.connection_lost(why);
  return true;
}

void Delivery::note_progress() {
  if (session_.acknowledged().seq == acknowledged_seq_) return;
  acknowledged_seq_ = session_.acknowledged().seq;
  policy_.made_progress();
  report_.progressed();
}

// What goes wrong with the goodbye harms nothing.
void Delivery::finish() {
  show_events();
  if (!connection_ || !session_.is_open()) return;
  session_.say_bye();
  write();
  bool over = write_failed_;
  while (!over && !stop_requested()) {
    pollfd waiting{connection_->fd(), POLLIN, 0};
    if (::poll(&waiting, 1, kGoodbyeWaitMs) <= 0) return;
    const auto open = connection_->receive([this](const client::Reply& reply) { session_.received(reply); });
    over = session_.ending() || !open || !*open;
  }
}

bool Delivery::give_up(const std::string& why) {
  report_.give_up(why);
  return false;
}

}  // namespace crawlspool::cli
