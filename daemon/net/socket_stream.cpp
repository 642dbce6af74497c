#include "daemon/net/socket_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace crawlspool::net {
namespace {

// A refusal costs speed only; a unix socket refuses both.
void set_option(int fd, int level, int name) {
  const int on = 1;
  ::setsockopt(fd, level, name, &on, sizeof on);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

SocketStream::SocketStream(base::UniqueFd fd) : fd_(std::move(fd)) {
  set_option(fd_.get(), IPPROTO_TCP, TCP_NODELAY);
  set_option(fd_.get(), SOL_SOCKET, SO_KEEPALIVE);
}

ReadResult SocketStream::read(std::span<char> into) {
  while (true) {
    const ssize_t n = ::read(fd_.get(), into.data(), into.size());
    if (n > 0) return {static_cast<std::size_t>(n), ReadResult::End::kNone};
    if (n == 0) return {0, ReadResult::End::kEof};
    if (errno == EINTR) continue;
    return {0, would_block(errno) ? ReadResult::End::kAgain : ReadResult::End::kBroken};
  }
}

WriteResult SocketStream::write(std::string_view bytes) {
  while (true) {
    const ssize_t n = ::write(fd_.get(), bytes.data(), bytes.size());
    if (n >= 0) return {static_cast<std::size_t>(n), false};
    if (errno == EINTR) continue;
    return {0, !would_block(errno)};
  }
}

void SocketStream::shut_sending_side() { ::shutdown(fd_.get(), SHUT_WR); }

}  // namespace crawlspool::net
