#include "daemon/net/listener.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

namespace crawlspool::net {
namespace {

using base::Endpoint;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr int kBacklog = 4096;       // the kernel cuts it to net.core.somaxconn
constexpr int kAcceptsPerTurn = 64;  // so that a flood of connections leaves the others their turn
constexpr std::uint64_t kRetryMs = 200;

Endpoint local_endpoint(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length);
  return {reinterpret_cast<const sockaddr*>(&storage), length};
}

Result<UniqueFd> bind_and_listen(const Endpoint& at) {
  const std::string what = "listening on " + at.to_string();
  UniqueFd fd(::socket(at.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return fail_errno(what, errno);
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // [::] must not take IPv4's port as well: each address in the configuration is one socket.
  if (at.family() == AF_INET6) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (::bind(fd.get(), at.address(), at.length()) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return fail_errno(what, errno);
  return fd;
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

Listener::Listener(Loop& loop, UniqueFd fd, OnAccept on_accept, OnShortage on_shortage)
    : fd_(std::move(fd)),
      local_(local_endpoint(fd_.get())),
      on_accept_(std::move(on_accept)),
      on_shortage_(std::move(on_shortage)),
      retry_(loop, [this] { poll_->watch({.readable = true}); }) {}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const Endpoint& at, OnAccept on_accept,
                                                 OnShortage on_shortage) {
  CRAWLSPOOL_TRY_AS(auto fd, bind_and_listen(at));
  return adopt(loop, std::move(fd), std::move(on_accept), std::move(on_shortage));
}

Result<std::unique_ptr<Listener>> Listener::adopt(Loop& loop, UniqueFd listening, OnAccept on_accept,
                                                  OnShortage on_shortage) {
  const int flags = ::fcntl(listening.get(), F_GETFL);
  if (flags == -1 || ::fcntl(listening.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    return fail_errno("listening socket", errno);
  std::unique_ptr<Listener> listener(
      new Listener(loop, std::move(listening), std::move(on_accept), std::move(on_shortage)));
  CRAWLSPOOL_TRY_AS(auto poll, Poll::open(loop, listener->fd_.get(), *listener));
  listener->poll_ = std::make_unique<Poll>(std::move(poll));
  listener->poll_->watch({.readable = true});
  return listener;
}

void Listener::on_ready(Ready ready) {
  if (ready.broken) return pause();
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    UniqueFd fd(::accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.valid()) {
      on_accept_(std::move(fd), Endpoint(reinterpret_cast<const sockaddr*>(&peer), length));
      continue;
    }
    const int error = errno;
    if (is_shortage(error)) {
      on_shortage_(error);
      return pause();
    }
    // The others are of the one connection that was not to be (accept(2) names them); only EAGAIN says "no more".
    if (error == EAGAIN || error == EWOULDBLOCK) return;
  }
}

void Listener::pause() {
  poll_->watch({});
  retry_.start(kRetryMs);
}

}  // namespace crawlspool::net
