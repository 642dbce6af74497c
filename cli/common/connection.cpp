#include "cli/common/connection.h"

#include "cli/common/console.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::Result;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::uint64_t kReplyBytesMax = 64 * 1024;
constexpr std::string_view kTlsAlert = "\x15\x03";  // how a TLS server answers what is not TLS

}  // namespace

Connection::Connection(Channel channel, std::string server)
    : channel_(std::move(channel)),
      server_(std::move(server)),
      decoder_({.record_bytes_max = kReplyBytesMax, .batch_bytes_max = 0}),
      buffer_(kReadBytes + proto::FrameDecoder::kPaddingBytes, '\0') {}

Result<std::unique_ptr<Connection>> Connection::open(const Address& server) {
  CRAWLSPOOL_TRY_AS(auto channel, Channel::open(server));
  return std::unique_ptr<Connection>(new Connection(std::move(channel), shown(server.to_string())));
}

Result<std::size_t> Connection::write_some(std::string_view bytes) { return channel_.write_some(bytes); }

Result<bool> Connection::receive(const std::function<void(const client::Reply&)>& on_reply) {
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto n, channel_.read_some(buffer_.data(), kReadBytes));
    if (!n) return true;
    if (*n == 0) return false;
    CRAWLSPOOL_TRY(decode(std::string_view(buffer_).substr(0, *n), on_reply));
  }
}

Result<void> Connection::decode(std::string_view input, const std::function<void(const client::Reply&)>& on_reply) {
  const bool is_http = input.starts_with("HTTP/");
  const bool is_tls = input.starts_with(kTlsAlert);
  proto::Frame frame{};
  while (true) {
    switch (decoder_.next(input, frame)) {
      case proto::FrameDecoder::Step::kNeedMore:
        return {};
      case proto::FrameDecoder::Step::kRefused:
        if (is_http)
          return fail(ErrorCode::kDamaged, server_ +
                                               " speaks HTTP and is no stream listener, which is tcp://HOST:8940 "
                                               "unless listen.stream says otherwise; name it with --server");
        if (is_tls) return fail(ErrorCode::kDamaged, server_ + " speaks TLS: its address is tls://HOST:PORT");
        return fail(ErrorCode::kDamaged, server_ + " does not speak this protocol: " + decoder_.refusal().detail);
      case proto::FrameDecoder::Step::kFrame:
        if (frame.type == proto::FrameType::kRecord) on_reply(client::parse_reply(frame.payload));
    }
  }
}

}  // namespace crawlspool::cli
