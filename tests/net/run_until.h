// Runs a loop until something is true or too long was waited for; and pairs of connected sockets.
#pragma once

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <stdexcept>
#include <string>
#include <utility>

#include "daemon/base/unique_fd.h"
#include "daemon/net/async.h"
#include "daemon/net/loop.h"
#include "daemon/net/timer.h"
#include "daemon/net/turn_end.h"

namespace crawlspool::net::test {

inline constexpr std::uint64_t kPatienceMs = 20'000;

// True once `done` is; looked at at the end of each turn. False after kPatienceMs.
[[nodiscard]] inline bool run_until(Loop& loop, const std::function<bool()>& done) {
  bool was_done = false;
  Timer patience(loop, [&] { loop.stop(); });
  TurnEnd look(loop, [&] {
    if (!done()) return;
    was_done = true;
    loop.stop();
  });
  patience.start(kPatienceMs);
  loop.run();
  return was_done;
}

// Lets the loop look at every descriptor `turns` times over, for what must not happen.
inline void run_turns(Loop& loop, int turns) {
  int seen = 0;
  Async again(loop, [&] { ++seen; });
  again.send();
  int sent = 1;
  EXPECT_TRUE(run_until(loop, [&] {
    if (seen == sent && sent < turns) {
      ++sent;
      again.send();
    }
    return seen == turns;
  }));
}

struct Pair {
  base::UniqueFd ours;
  base::UniqueFd theirs;  // blocking
};

inline void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(what);
}

// Two ends of a TCP connection over loopback; `ours` does not block.
[[nodiscard]] inline Pair tcp_pair() {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof at;
  auto* address = reinterpret_cast<sockaddr*>(&at);
  const base::UniqueFd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(::bind(listening.get(), address, length) == 0 && ::listen(listening.get(), 1) == 0, "listen");
  require(::getsockname(listening.get(), address, &length) == 0, "getsockname");
  Pair pair;
  pair.theirs.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(::connect(pair.theirs.get(), address, length) == 0, "connect");
  pair.ours.reset(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  require(pair.ours.valid(), "accept");
  return pair;
}

[[nodiscard]] inline Pair local_pair() {
  int ends[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) == 0, "socketpair");
  return {base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

// Closes so that the peer gets a reset.
inline void reset_connection(base::UniqueFd& fd) {
  const linger now{1, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  fd.reset();
}

}  // namespace crawlspool::net::test
