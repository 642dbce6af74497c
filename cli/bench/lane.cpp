#include "cli/bench/lane.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kSendBytes = 64 * 1024;  // sent at once: the clock of what is behind does not run yet

std::unique_ptr<ReplyReader> make_reply_reader(Transport transport, AckLevel level) {
  switch (transport) {
    case Transport::kHttp:
      return make_http_replies();
    case Transport::kStream:
      return make_stream_replies(level);
    case Transport::kRedis:
      return make_redis_replies(level);
  }
  return nullptr;
}

}  // namespace

Lane::Lane(const Options& options, std::size_t id, const Requests& requests, Readiness& readiness, Tally& tally)
    : options_(options), id_(id), requests_(requests), readiness_(readiness), tally_(tally) {}

Result<void> Lane::open() {
  if (options_.reconnects) return {};
  if (auto connected = connect(); !connected) return connected;
  greeting_ = reader_->greeting();
  pending_ = greeting_;
  return send_more();
}

Result<void> Lane::start(Budget& budget) {
  budget_ = &budget;
  return send_more();
}

Result<void> Lane::connect() {
  reader_ = make_reply_reader(options_.transport, options_.level);
  base::UniqueFd fd(::socket(options_.server.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return base::fail_errno("socket", errno);
  const int yes = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(fd.get(), options_.server.address(), options_.server.length()) != 0 && errno != EINPROGRESS)
    return base::fail_errno("cannot connect to " + options_.server.to_string(), errno);
  waits_for_room_ = false;
  CRAWLSPOOL_TRY_AS(channel_, cli::Channel::take(std::move(fd), options_.server.to_string(), options_.tls));
  return readiness_.add(channel_->fd(), id_, false);
}

Result<void> Lane::on_ready(const Readiness::Ready& ready, std::string& buffer) {
  if (ready.readable)
    if (auto received = receive(buffer); !received) return received;
  return send_more();
}

Result<void> Lane::send_more() {
  while (!pending_.empty() || issue()) {
    if (!channel_)
      if (auto connected = connect(); !connected) return connected;
    CRAWLSPOOL_TRY_AS(const std::size_t n, channel_->write_some(pending_));
    pending_.remove_prefix(n);
    if (n > 0) continue;
    watch_for_room(!channel_->waits_for_input());
    return {};
  }
  if (channel_) watch_for_room(false);
  return {};
}

// Returns false if nothing more may be sent now.
bool Lane::issue() {
  if (budget_ == nullptr || !is_open()) return false;
  const std::uint64_t outstanding = sent_seq_ - acked_seq_;
  if (outstanding >= options_.outstanding_max) return false;
  const std::int64_t now = clock_.monotonic_us();
  const std::uint64_t room = options_.outstanding_max - outstanding;
  const std::uint64_t left = budget_->left(now);
  if (left == 0) return false;
  const auto run = requests_.run_from(next_request_, kSendBytes, std::min(room, left));
  if (run.records > room && outstanding > 0) return false;
  pending_ = run.bytes;
  next_request_ = (next_request_ + run.requests) % requests_.count();
  sent_seq_ += run.records;
  marks_.push_back({sent_seq_, now});
  budget_->sent(run.records);
  tally_.record_bytes += run.record_bytes;
  return true;
}

Result<void> Lane::receive(std::string& buffer) {
  const std::size_t room = buffer.size() - ReplyReader::kPaddingBytes;
  do {
    CRAWLSPOOL_TRY_AS(const auto n, channel_->read_some(buffer.data(), room));
    if (!n) return {};
    if (*n == 0) return fail({ErrorCode::kIo, 0, "closed the connection without a word"});
    const auto acked = reader_->take(std::string_view(buffer).substr(0, *n));
    if (!acked) return fail(acked.error());
    CRAWLSPOOL_TRY(acknowledge(*acked));
  } while (channel_ && channel_->has_more());
  return {};
}

Result<void> Lane::acknowledge(std::uint64_t records) {
  if (records == 0) return {};
  if (records > sent_seq_ - acked_seq_) return fail({ErrorCode::kDamaged, 0, "acks more than was sent"});
  const std::int64_t now = clock_.monotonic_us();
  const std::uint64_t through = acked_seq_ + records;
  while (acked_seq_ < through) {
    const Mark& mark = marks_.front();
    const std::uint64_t end = std::min(mark.end_seq, through);
    tally_.latency.add(now - mark.sent_us, end - acked_seq_);
    acked_seq_ = end;
    if (mark.end_seq == end) marks_.pop_front();
  }
  tally_.acked += records;
  tally_.last_acked_us = now;
  if (options_.reconnects) channel_.reset();
  return {};
}

void Lane::watch_for_room(bool wanted) {
  if (wanted == waits_for_room_) return;
  waits_for_room_ = wanted;
  readiness_.change(channel_->fd(), id_, wanted);
}

tl::unexpected<base::Error> Lane::fail(const base::Error& error) const {
  return base::fail(error.code, options_.server.to_string() + " " + error.message());
}

}  // namespace crawlspool::bench
