#include "daemon/net/socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace crawlspool::net {
namespace {

constexpr std::size_t kKeptOutputBytes = 4096;  // a larger queue gives its memory back once it is sent

void set_option(int fd, int level, int name) {
  const int on = 1;
  ::setsockopt(fd, level, name, &on, sizeof on);  // a refusal costs speed only
}

}  // namespace

base::Result<Socket> Socket::open(Loop& loop, base::UniqueFd fd, PollHandler& handler) {
  set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY);
  set_option(fd.get(), SOL_SOCKET, SO_KEEPALIVE);
  CRAWLSPOOL_TRY_AS(auto poll, Poll::open(loop, fd.get(), handler));
  return Socket(std::move(fd), std::move(poll));
}

ReadResult Socket::read(std::span<char> into) {
  while (true) {
    const ssize_t n = ::read(fd_.get(), into.data(), into.size());
    if (n > 0) return {static_cast<std::size_t>(n), ReadResult::End::kNone};
    if (n == 0) return {0, ReadResult::End::kEof};
    if (errno == EINTR) continue;
    return {0, errno == EAGAIN || errno == EWOULDBLOCK ? ReadResult::End::kAgain : ReadResult::End::kBroken};
  }
}

bool Socket::flush() {
  while (sent_ < output_.size()) {
    const ssize_t n = ::write(fd_.get(), output_.data() + sent_, output_.size() - sent_);
    if (n >= 0) {
      sent_ += static_cast<std::size_t>(n);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      break;
    } else if (errno != EINTR) {
      return false;
    }
  }
  if (sent_ == output_.size()) {
    sent_ = 0;
    output_.clear();
    if (output_.capacity() > kKeptOutputBytes) output_.shrink_to_fit();
  }
  rearm();
  return true;
}

void Socket::drop_output() {
  std::string().swap(output_);
  sent_ = 0;
}

void Socket::want_input(bool wanted) {
  input_wanted_ = wanted;
  rearm();
}

void Socket::hangup_seen() {
  hangup_seen_ = true;
  rearm();
}

void Socket::shut_sending_side() { ::shutdown(fd_.get(), SHUT_WR); }

// While input is wanted, the end of it shows as input: watching for the hangup as well would only wake the loop twice.
void Socket::rearm() { poll_.watch({input_wanted_, sent_ < output_.size(), !input_wanted_ && !hangup_seen_}); }

}  // namespace crawlspool::net
