#include "cli/sender.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "cli/stop_signals.h"
#include "proto/codes.h"
#include "proto/frame.h"

namespace crawlspool::cli {
namespace {

constexpr int kLookAroundMs = 200;  // for signals and the progress bar
constexpr int kGoodbyeWaitMs = 3000;
constexpr std::size_t kWriteAheadBytes = 1024 * 1024;

bool is_error(const Reply& end, proto::ErrorWord code) {
  return end.kind == Reply::Kind::kError && end.word == proto::word(code);
}

std::string with_detail(const Reply& reply) {
  return shown(reply.word) + (reply.detail.empty() ? "" : ": " + shown(reply.detail));
}

}  // namespace

bool Sender::run() {
  if (!connect()) return false;
  while (!is_done()) {
    if (stop_requested()) return give_up("interrupted");
    take_records();
    if (!connection_ && ledger_.in_flight() > 0 && !connect()) return false;
    if (is_done()) break;
    if (wait()) {
      write();
      if (!receive()) return false;
    }
    const std::uint64_t read = source_.bytes_read();
    console_.progress(read - std::min<std::uint64_t>(read, ledger_.in_flight_bytes()), source_.total_bytes(),
                      ledger_.acked(), "record");
  }
  say_bye();
  return !file_failed_;
}

bool Sender::connect() {
  auto opened = Connection::open(server_);
  if (!opened) {
    if (stop_requested()) return give_up("interrupted");
    console_.say_error(opened.error());
    return false;
  }
  connection_ = std::move(*opened);
  write_failed_ = false;
  return true;
}

void Sender::take_records() {
  wait_for_source_ = false;
  while (ledger_.unwritten().size() < kWriteAheadBytes && offer_in_hand() && !source_is_over_) {
    RecordLine line{};
    switch (source_.next(line)) {
      case RecordSource::Step::kRecord:
        in_hand_ = line;
        continue;
      case RecordSource::Step::kNothingYet:
        wait_for_source_ = true;
        return;
      case RecordSource::Step::kFileFailed:
        console_.say_error(source_.error());
        file_failed_ = true;
        continue;
      case RecordSource::Step::kEnd:
        source_is_over_ = true;
    }
  }
}

// False while what is in hand does not fit.
bool Sender::offer_in_hand() {
  if (!in_hand_) return true;
  const Place place{source_.file_index(), in_hand_->number};
  if (in_hand_->is_too_long) {
    ledger_.reject_unsent();
    console_.say(source_.describe(place) + ": " + std::string(proto::word(proto::RejectCode::kRecordTooLarge)) +
                 ": longer than a frame can be, " + std::to_string(proto::kFramePayloadBytesMax) + " bytes");
  } else if (ledger_.has_room(in_hand_->bytes.size())) {
    ledger_.add(place, in_hand_->bytes);
  } else {
    return false;
  }
  in_hand_.reset();
  return true;
}

// False if nothing happened, or nothing on the connection.
bool Sender::wait() {
  std::array<pollfd, 2> waiting{{{-1, POLLIN, 0}, {-1, POLLIN, 0}}};  // poll() passes over -1
  if (connection_) {
    waiting[0].fd = connection_->fd();
    if (!ledger_.unwritten().empty() && !write_failed_) waiting[0].events = POLLIN | POLLOUT;
  }
  if (wait_for_source_) waiting[1].fd = source_.fd();
  return ::poll(waiting.data(), waiting.size(), kLookAroundMs) > 0 && waiting[0].revents != 0;
}

void Sender::write() {
  while (!write_failed_ && !ledger_.unwritten().empty()) {
    const auto n = connection_->write_some(ledger_.unwritten());
    write_failed_ = !n;
    if (!n || *n == 0) return;
    ledger_.wrote(*n);
  }
}

bool Sender::receive() {
  const auto open = connection_->receive([this](const Reply& reply) { on_reply(reply); });
  if (ack_is_wrong_) return give_up(server_.to_string() + " acks a record that was not sent");
  if (end_) return on_end(*std::exchange(end_, std::nullopt));
  if (!open) return give_up(open.error().message());
  if (!*open) return give_up(server_.to_string() + " closed the connection without a word");
  return true;
}

void Sender::on_reply(const Reply& reply) {
  switch (reply.kind) {
    case Reply::Kind::kAck:
      if (!ledger_.ack(*reply.seq)) ack_is_wrong_ = true;
      return;
    case Reply::Kind::kReject:
      on_reject(reply);
      return;
    case Reply::Kind::kSlow:
      if (slow_reason_ != reply.word)
        console_.say(server_.to_string() + " does not read for now: " + shown(reply.word));
      slow_reason_ = reply.word;
      return;
    case Reply::Kind::kResume:
      if (!slow_reason_.empty()) console_.say(server_.to_string() + " reads again");
      slow_reason_.clear();
      return;
    case Reply::Kind::kGoodbye:
    case Reply::Kind::kError:
      end_ = reply;
      return;
    case Reply::Kind::kOther:
      return;
  }
}

void Sender::on_reject(const Reply& reply) {
  const auto place = ledger_.reject(*reply.seq);
  if (!place) return;
  const std::string at = reply.offset ? " (at byte " + std::to_string(*reply.offset) + ")" : "";
  console_.say(source_.describe(*place) + ": " + with_detail(reply) + at);
}

// The server has settled all it read, and the acks for it came before: what is left was not looked at.
bool Sender::on_end(const Reply& end) {
  const bool was_idle =
      (end.kind == Reply::Kind::kGoodbye && end.word == proto::word(proto::GoodbyeReason::kIdleTimeout)) ||
      (is_error(end, proto::ErrorWord::kFrameTimeout) && ledger_.in_flight() == 0);
  if (is_error(end, proto::ErrorWord::kFrameTooLarge) && end.seq) {
    const auto place = ledger_.reject(*end.seq);
    if (!place) return give_up(server_.to_string() + ": " + with_detail(end));
    console_.say(source_.describe(*place) + ": " + with_detail(end));
    start_over();
    return true;
  }
  if (!was_idle) return give_up(server_.to_string() + ": " + with_detail(end));
  start_over();
  return true;
}

void Sender::start_over() {
  connection_.reset();
  ledger_.restart();
  slow_reason_.clear();
}

// Everything is settled: what goes wrong here harms nothing.
void Sender::say_bye() {
  if (!connection_) return;
  const auto bye = proto::encode_header(proto::FrameType::kBye, 0);
  if (!connection_->write_some({bye.data(), bye.size()})) return;
  bool over = false;
  while (!over && !stop_requested()) {
    pollfd waiting{connection_->fd(), POLLIN, 0};
    if (::poll(&waiting, 1, kGoodbyeWaitMs) <= 0) return;
    const auto open =
        connection_->receive([&over](const Reply& reply) { over = over || reply.kind == Reply::Kind::kGoodbye; });
    over = over || !open || !*open;
  }
}

bool Sender::give_up(const std::string& why) {
  console_.say("crawlspool: " + why);
  return false;
}

}  // namespace crawlspool::cli
