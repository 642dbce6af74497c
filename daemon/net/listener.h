// Owns a listening socket, TCP or unix, that hands out connected descriptors. When the process or the system is out of
// descriptors it stops accepting, keeps quiet, and tries again a little later, so that a shortage neither spins nor
// drops anyone.
#pragma once

#include <functional>
#include <memory>

#include "daemon/base/endpoint.h"
#include "daemon/base/unique_fd.h"
#include "daemon/net/listening_socket.h"
#include "daemon/net/loop.h"
#include "daemon/net/poll.h"
#include "daemon/net/timer.h"

namespace crawlspool::net {

class Listener final : private PollHandler {
 public:
  using OnAccept = std::function<void(base::UniqueFd, base::Peer)>;
  using OnShortage = std::function<void(int errno_value)>;  // accepting pauses

  // Takes over a socket that listens. kIo where it cannot be watched.
  [[nodiscard]] static base::Result<std::unique_ptr<Listener>> open(Loop& loop, ListeningSocket listening,
                                                                    OnAccept on_accept, OnShortage on_shortage);

  [[nodiscard]] const base::Endpoint& local() const { return local_; }  // with the real port

 private:
  Listener(Loop& loop, ListeningSocket socket, OnAccept on_accept, OnShortage on_shortage);

  void on_ready(Ready ready) override;
  void pause();

  ListeningSocket socket_;
  base::Endpoint local_;
  OnAccept on_accept_;
  OnShortage on_shortage_;
  Timer retry_;
  std::unique_ptr<Poll> poll_;
};

}  // namespace crawlspool::net
