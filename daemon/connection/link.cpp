#include "daemon/connection/link.h"

#include <algorithm>
#include <utility>

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kLingerMs = 1000;
constexpr std::int64_t kUnreadMs = 500;  // before answers are judged by how fast they are taken

}  // namespace

base::Result<void> Link::open(net::Loop& loop, std::unique_ptr<net::ByteStream> stream, net::PollHandler& handler) {
  auto channel = net::ByteChannel::open(loop, std::move(stream), handler);
  if (!channel) {
    phase_ = Phase::kClosed;
    return tl::unexpected(channel.error());
  }
  channel_.emplace(std::move(*channel));
  channel_->want_input(true);
  if (const std::int64_t handshake_ms = channel_->handshake_ms_max(); handshake_ms > 0) {
    has_handshake_ = true;
    handshake_until_ms_ = times_.opened_ms + handshake_ms;
  }
  return {};
}

net::ReadResult Link::read(std::span<char> into) {
  const net::ReadResult result = channel_->read(into);
  if (has_handshake_) {
    channel_->rearm();
    if (channel_->handshake_ms_max() == 0) handshake_until_ms_ = kNever;
  }
  return result;
}

bool Link::discard_input(std::span<char> scratch) {
  const net::ReadResult::End end = read(scratch).end;
  return end == net::ReadResult::End::kNone || end == net::ReadResult::End::kAgain;
}

void Link::note_replies(std::int64_t now_ms) {
  if (std::exchange(replies_unsent_, true)) return;
  write_progress_ms_ = replies_since_ms_ = now_ms;
  replies_taken_bytes_ = 0;
}

bool Link::end_hold(std::int64_t now_ms) {
  if (!is_held() || now_ms < held_until_ms_) return false;
  held_until_ms_ = 0;
  if (replies_unsent_) write_progress_ms_ = now_ms;
  return true;
}

Link::Flushed Link::flush(std::int64_t now_ms) {
  if (is_held() && !is_broken_) return {};
  if (is_broken_) channel_->drop_output();
  const std::size_t before = channel_->unsent_bytes();
  if (!channel_->flush()) {
    if (!is_open()) return {.is_lost = true};
    is_broken_ = true;  // the loop will soon say so too, and what is left is read then
    channel_->drop_output();
  }
  const std::size_t left = channel_->unsent_bytes();
  if (left == 0) replies_unsent_ = false;
  if (left == before) return {.is_all_sent = left == 0};
  replies_taken_bytes_ += before - left;
  write_progress_ms_ = times_.last_activity_ms = now_ms;
  return {.is_all_sent = left == 0};
}

void Link::abandon_output() {
  is_broken_ = true;
  if (channel_) channel_->drop_output();
}

bool Link::has_stalled(std::int64_t now_ms, std::int64_t write_ms) const {
  return awaits_reader() && !is_held() && now_ms - write_progress_ms_ >= write_ms;
}

std::optional<double> Link::unread_bytes_per_ms(std::int64_t now_ms) const {
  const std::int64_t age_ms = now_ms - replies_since_ms_;
  if (!awaits_reader() || is_held() || age_ms < kUnreadMs) return std::nullopt;
  return static_cast<double>(replies_taken_bytes_) / static_cast<double>(age_ms);
}

void Link::finish(std::string_view reason) {
  phase_ = Phase::kFlushing;
  close_reason_ = reason;
}

void Link::linger(std::int64_t now_ms) {
  phase_ = Phase::kLingering;
  linger_until_ms_ = now_ms + kLingerMs;
  channel_->shut_sending_side();
  channel_->want_input(true);
}

void Link::close() {
  phase_ = Phase::kClosed;
  channel_.reset();
}

std::int64_t Link::deadline_ms(std::int64_t write_ms) const {
  if (is_lingering()) return linger_until_ms_;
  if (is_held()) return std::min(handshake_until_ms_, held_until_ms_);
  return std::min(handshake_until_ms_, awaits_reader() ? write_progress_ms_ + write_ms : kNever);
}

}  // namespace crawlspool::connection
