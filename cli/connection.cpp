#include "cli/connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "cli/console.h"
#include "cli/stop_signals.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr int kConnectSliceMs = 100;
constexpr int kConnectSlices = 100;  // 10 s in all
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::uint64_t kReplyBytesMax = 64 * 1024;

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const Address& server) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int result = ::getaddrinfo(server.host.c_str(), server.port.c_str(), &hints, &list);
  if (result != 0)
    return fail(ErrorCode::kNotFound, "cannot find " + shown(server.host) + ": " + ::gai_strerror(result));
  return AddressList(list, &::freeaddrinfo);
}

// 0 once connected, else the errno.
int wait_connected(int fd) {
  for (int slice = 0; slice < kConnectSlices; ++slice) {
    if (stop_requested()) return EINTR;
    pollfd waiting{fd, POLLOUT, 0};
    if (::poll(&waiting, 1, kConnectSliceMs) <= 0) continue;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
  }
  return ETIMEDOUT;
}

// 0 and `fd` is set, else the errno.
int connect_to(const addrinfo& address, UniqueFd& fd) {
  fd.reset(::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!fd.valid()) return errno;
  const int yes = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  if (::connect(fd.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  return errno == EINPROGRESS ? wait_connected(fd.get()) : errno;
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Connection::Connection(UniqueFd fd, std::string server)
    : fd_(std::move(fd)),
      server_(std::move(server)),
      decoder_({.record_bytes_max = kReplyBytesMax, .batch_bytes_max = 0}),
      buffer_(kReadBytes + proto::FrameDecoder::kPaddingBytes, '\0') {}

Result<std::unique_ptr<Connection>> Connection::open(const Address& server) {
  const auto addresses = look_up(server);
  if (!addresses) return tl::unexpected(addresses.error());
  int error = ENOENT;
  for (const addrinfo* address = addresses->get(); address != nullptr; address = address->ai_next) {
    UniqueFd fd;
    error = connect_to(*address, fd);
    if (error == 0) return std::unique_ptr<Connection>(new Connection(std::move(fd), shown(server.to_string())));
  }
  return fail_errno("cannot connect to " + shown(server.to_string()), error);
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
    const auto decoded = decode(std::string_view(buffer_).substr(0, static_cast<std::size_t>(n)), on_reply);
    if (!decoded) return tl::unexpected(decoded.error());
  }
}

Result<void> Connection::decode(std::string_view input, const std::function<void(const client::Reply&)>& on_reply) {
  proto::Frame frame{};
  while (true) {
    switch (decoder_.next(input, frame)) {
      case proto::FrameDecoder::Step::kNeedMore:
        return {};
      case proto::FrameDecoder::Step::kRefused:
        return fail(ErrorCode::kDamaged, server_ + " does not speak this protocol: " + decoder_.refusal().detail);
      case proto::FrameDecoder::Step::kFrame:
        if (frame.type == proto::FrameType::kRecord) on_reply(client::parse_reply(frame.payload));
    }
  }
}

}  // namespace crawlspool::cli
