#include "daemon/net/listener.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

namespace crawlspool::net {
namespace {

using base::Endpoint;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr int kAcceptsPerTurn = 64;  // so that a flood of connections leaves the others their turn
constexpr std::uint64_t kRetryMs = 200;
constexpr uid_t kNobody = 65534;

base::Peer peer_of(const UniqueFd& fd, const Endpoint& remote) {
  if (!remote.is_unix()) return base::Peer::at(remote);
  ucred who{.pid = 0, .uid = kNobody, .gid = kNobody};
  socklen_t length = sizeof who;
  ::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &who, &length);
  return base::Peer::user(who.uid, who.pid);
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

Listener::Listener(Loop& loop, ListeningSocket socket, OnAccept on_accept, OnShortage on_shortage)
    : socket_(std::move(socket)),
      local_(Endpoint::local_end(socket_.fd.get())),
      on_accept_(std::move(on_accept)),
      on_shortage_(std::move(on_shortage)),
      retry_(loop, [this] { poll_->watch({.readable = true}); }) {}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, ListeningSocket listening, OnAccept on_accept,
                                                 OnShortage on_shortage) {
  const int flags = ::fcntl(listening.fd.get(), F_GETFL);
  if (flags == -1 || ::fcntl(listening.fd.get(), F_SETFL, flags | O_NONBLOCK) != 0)
    return fail_errno("listening socket", errno);
  std::unique_ptr<Listener> listener(
      new Listener(loop, std::move(listening), std::move(on_accept), std::move(on_shortage)));
  CRAWLSPOOL_TRY_AS(auto poll, Poll::open(loop, listener->socket_.fd.get(), *listener));
  listener->poll_ = std::make_unique<Poll>(std::move(poll));
  listener->poll_->watch({.readable = true});
  return listener;
}

void Listener::on_ready(Ready ready) {
  if (ready.broken) return pause();
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    UniqueFd fd(::accept4(socket_.fd.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.valid()) {
      base::Peer who = peer_of(fd, Endpoint(reinterpret_cast<const sockaddr*>(&peer), length));
      on_accept_(std::move(fd), std::move(who));
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
