#include "cli/common/channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "cli/common/console.h"
#include "cli/common/stop_signals.h"
#include "daemon/base/clock.h"

namespace crawlspool::cli {
namespace {

using base::fail;
using base::fail_errno;
using base::Result;
using base::UniqueFd;

constexpr std::size_t kTlsWriteBytesMax = 256 * 1024;  // encrypted ahead of what the socket takes
constexpr int kSliceMs = 100;                          // between two looks at the signals

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// Says what a call of OpenSSL waits for.
enum class Wait { kNothing, kRoom, kInput };
Wait wait_of(const ssl_st* tls, int result) {
  switch (SSL_get_error(tls, result)) {
    case SSL_ERROR_WANT_READ:
      return Wait::kInput;
    case SSL_ERROR_WANT_WRITE:
      return Wait::kRoom;
    default:
      return Wait::kNothing;
  }
}

}  // namespace

Result<Channel> Channel::take(UniqueFd fd, std::string server, const std::optional<TlsPeer>& peer) {
  Channel channel(std::move(fd), std::move(server));
  if (!peer) return channel;
  channel.context_ = peer->context;
  CRAWLSPOOL_TRY_AS(channel.tls_, peer->context->begin(channel.fd_.get(), peer->host));
  return channel;
}

Result<Channel> Channel::open(const Address& server, int timeout_ms) {
  std::optional<TlsPeer> peer;
  if (server.tls) {
    CRAWLSPOOL_TRY_AS(auto context, TlsContext::make(*server.tls));
    peer = TlsPeer{std::move(context), server.host};
  }
  CRAWLSPOOL_TRY_AS(auto fd, dial(server, timeout_ms));
  CRAWLSPOOL_TRY_AS(auto channel, take(std::move(fd), shown(server.to_string()), peer));
  CRAWLSPOOL_TRY(channel.shake_hands(timeout_ms));
  return channel;
}

Result<void> Channel::shake_hands(int timeout_ms) {
  if (!tls_) return {};
  const std::string what = "cannot connect to " + server_;
  const base::SystemClock clock;
  const std::int64_t end_us = clock.monotonic_us() + std::int64_t{timeout_ms} * 1000;
  while (true) {
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(tls_.get());
    if (result == 1) return {};
    const Wait wait = wait_of(tls_.get(), result);
    if (wait == Wait::kNothing) return failed(what, result);
    pollfd waiting{fd_.get(), static_cast<short>(wait == Wait::kRoom ? POLLOUT : POLLIN), 0};
    while (::poll(&waiting, 1, kSliceMs) <= 0) {
      if (stop_requested()) return fail_errno(what, EINTR);
      if (clock.monotonic_us() > end_us)
        return fail(base::ErrorCode::kIo, what + ": it does not answer TLS's first message; does it speak TLS there?");
    }
  }
}

Result<std::size_t> Channel::write_some(std::string_view bytes) {
  const std::string what = "connection to " + server_;
  waits_for_input_ = false;
  if (!tls_) {
    const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (would_block(errno)) return 0;
    return fail_errno(what, errno);
  }
  if (bytes.empty()) return 0;
  ERR_clear_error();
  errno = 0;
  const int result = SSL_write(tls_.get(), bytes.data(), static_cast<int>(std::min(bytes.size(), kTlsWriteBytesMax)));
  if (result > 0) return static_cast<std::size_t>(result);
  const Wait wait = wait_of(tls_.get(), result);
  if (wait == Wait::kNothing) return failed(what, result);
  waits_for_input_ = wait == Wait::kInput;
  return 0;
}

Result<std::optional<std::size_t>> Channel::read_some(char* buffer, std::size_t size) {
  const std::string what = "connection to " + server_;
  if (!tls_) {
    const ssize_t n = ::recv(fd_.get(), buffer, size, 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (would_block(errno)) return std::nullopt;
    return fail_errno(what, errno);
  }
  ERR_clear_error();
  errno = 0;
  const int result = SSL_read(tls_.get(), buffer, static_cast<int>(size));
  if (result > 0) return static_cast<std::size_t>(result);
  if (SSL_get_error(tls_.get(), result) == SSL_ERROR_ZERO_RETURN && SSL_is_init_finished(tls_.get()) == 1) return 0;
  if (wait_of(tls_.get(), result) != Wait::kNothing) return std::nullopt;
  return failed(what, result);
}

bool Channel::has_more() const { return tls_ && SSL_pending(tls_.get()) > 0; }

// A failure of the socket is named as such, and any other one by what TLS says of it.
tl::unexpected<base::Error> Channel::failed(const std::string& what, int result) const {
  const int error = errno;
  if (SSL_get_error(tls_.get(), result) == SSL_ERROR_SYSCALL && ERR_peek_error() == 0 && error != 0)
    return fail_errno(what, error);
  return fail(base::ErrorCode::kIo, what + ": " + context_->explain(tls_.get()));
}

}  // namespace crawlspool::cli
