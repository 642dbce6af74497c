#include "daemon/net/proxy_reader.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

namespace crawlspool::net {

using Step = ProxyHeaderDecoder::Step;

ProxyReader::ProxyReader(Loop& loop, base::UniqueFd fd, Owner& owner)
    : fd_(std::move(fd)),
      owner_(owner),
      timer_(loop, [this] { owner_.on_no_proxy_header(*this, "no whole PROXY header came within 5 s"); }) {}

base::Result<void> ProxyReader::start(Loop& loop) {
  CRAWLSPOOL_TRY_AS(auto poll, Poll::open(loop, fd_.get(), *this));
  poll_ = std::make_unique<Poll>(std::move(poll));
  poll_->watch({.readable = true});
  timer_.start(kTimeMaxMs);
  return {};
}

base::UniqueFd ProxyReader::take_connection() {
  poll_.reset();
  return std::move(fd_);
}

void ProxyReader::on_ready(Ready /*ready*/) {
  while (true) {
    std::array<char, ProxyHeaderDecoder::kBytesMax> buffer{};
    const ssize_t n = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_PEEK);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (n <= 0) return owner_.on_no_proxy_header(*this, "the connection ended before its PROXY header");
    const auto peeked = static_cast<std::size_t>(n);
    std::string_view rest(buffer.data(), peeked);
    const Step step = decoder_.next(rest);
    if (step == Step::kRefused) return owner_.on_no_proxy_header(*this, decoder_.detail());
    // They are there: this takes as many as are asked for.
    if (::recv(fd_.get(), buffer.data(), peeked - rest.size(), 0) < 0)
      return owner_.on_no_proxy_header(*this, "the connection broke within its PROXY header");
    if (step == Step::kDone) return owner_.on_proxy_header(*this);
  }
}

}  // namespace crawlspool::net
