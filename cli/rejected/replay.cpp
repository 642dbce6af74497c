#include "cli/rejected/replay.h"

#include <poll.h>

#include <utility>

#include "cli/common/fault_words.h"
#include "cli/common/stop_signals.h"
#include "clients/cpp/hello.h"
#include "proto/frame.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::Result;
using proto::FrameType;

constexpr std::size_t kOutputBytes = 256 * 1024;
constexpr int kLookAroundMs = 200;  // for signals

}  // namespace

Result<void> RejectedReplay::run(const Address& server) {
  CRAWLSPOOL_TRY_AS(auto connection, Connection::open(server));
  proto::Hello hello;
  hello.client = lines_.front().client;
  hello.stream = stream_;
  client::append_hello(output_, hello);
  while (settled_ < lines_.size()) {
    if (stop_requested()) return base::fail(ErrorCode::kIo, "interrupted");
    fill_output();
    if (auto moved = move_bytes(*connection); !moved) return moved;
  }
  return {};
}

void RejectedReplay::fill_output() {
  for (; taken_ < lines_.size() && output_.size() < kOutputBytes; ++taken_)
    proto::append_frame(output_, FrameType::kRecord, lines_[taken_].raw);
}

Result<void> RejectedReplay::move_bytes(Connection& connection) {
  const int wanted = output_.empty() ? POLLIN : POLLIN | POLLOUT;
  pollfd waiting{connection.fd(), static_cast<short>(wanted), 0};
  if (::poll(&waiting, 1, kLookAroundMs) <= 0) return {};
  const auto written = output_.empty() ? Result<std::size_t>(0) : connection.write_some(output_);
  if (written) output_.erase(0, *written);
  const auto open = connection.receive([this](const client::Reply& reply) { received(reply); });
  if (settled_ == lines_.size()) return {};
  if (!last_words_.empty()) return base::fail(ErrorCode::kIo, "the server: " + shown(last_words_));
  if (!open) return tl::unexpected(open.error());
  if (!*open) return base::fail(ErrorCode::kIo, "the server closed the connection without a word");
  return {};
}

void RejectedReplay::received(const client::Reply& reply) {
  switch (reply.kind) {
    case client::Reply::Kind::kReject:
      ++outcome_.rejected;
      if (*reply.seq > 0 && *reply.seq <= lines_.size()) {
        const RejectedLine& line = lines_[*reply.seq - 1];
        console_.say(line.id + ": rejected again: " + verdict_words(line.raw, reply.word, reply.detail, reply.offset));
      }
      return;
    case client::Reply::Kind::kAck:
      settled_ = std::min<std::size_t>(*reply.seq, lines_.size());
      outcome_.stored = settled_ - std::min<std::uint64_t>(settled_, outcome_.rejected);
      return;
    case client::Reply::Kind::kGoodbye:
    case client::Reply::Kind::kError:
      last_words_ = reply.word + ": " + reply.detail;
      return;
    default:
      return;
  }
}

}  // namespace crawlspool::cli
