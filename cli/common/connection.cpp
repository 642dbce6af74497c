#include "cli/common/connection.h"

#include <sys/socket.h>

#include <cerrno>

#include "cli/common/address.h"
#include "cli/common/console.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::uint64_t kReplyBytesMax = 64 * 1024;

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Connection::Connection(UniqueFd fd, std::string server)
    : fd_(std::move(fd)),
      server_(std::move(server)),
      decoder_({.record_bytes_max = kReplyBytesMax, .batch_bytes_max = 0}),
      buffer_(kReadBytes + proto::FrameDecoder::kPaddingBytes, '\0') {}

Result<std::unique_ptr<Connection>> Connection::open(const Address& server) {
  CRAWLSPOOL_TRY_AS(auto fd, dial(server));
  return std::unique_ptr<Connection>(new Connection(std::move(fd), shown(server.to_string())));
}

Result<std::size_t> Connection::write_some(std::string_view bytes) {
  const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (n >= 0) return static_cast<std::size_t>(n);
  if (would_block(errno)) return 0;
  return fail_errno("connection to " + server_, errno);
}

Result<bool> Connection::receive(const std::function<void(const client::Reply&)>& on_reply) {
  while (true) {
    const ssize_t n = ::recv(fd_.get(), buffer_.data(), kReadBytes, 0);
    if (n == 0) return false;
    if (n < 0 && would_block(errno)) return true;
    if (n < 0) return fail_errno("connection to " + server_, errno);
    CRAWLSPOOL_TRY(decode(std::string_view(buffer_).substr(0, static_cast<std::size_t>(n)), on_reply));
  }
}

Result<void> Connection::decode(std::string_view input, const std::function<void(const client::Reply&)>& on_reply) {
  const bool is_http = input.starts_with("HTTP/");
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
        return fail(ErrorCode::kDamaged, server_ + " does not speak this protocol: " + decoder_.refusal().detail);
      case proto::FrameDecoder::Step::kFrame:
        if (frame.type == proto::FrameType::kRecord) on_reply(client::parse_reply(frame.payload));
    }
  }
}

}  // namespace crawlspool::cli
