// A listening TCP socket that hands out connected descriptors. When the process or the system is out of descriptors it
// stops accepting, keeps quiet, and tries again a little later, so that a shortage neither spins nor drops anyone.
#pragma once

#include <functional>
#include <memory>

#include "daemon/base/endpoint.h"
#include "daemon/base/unique_fd.h"
#include "daemon/net/loop.h"
#include "daemon/net/poll.h"
#include "daemon/net/timer.h"

namespace crawlspool::net {

class Listener final : private PollHandler {
 public:
  using OnAccept = std::function<void(base::UniqueFd, const base::Endpoint& peer)>;
  using OnShortage = std::function<void(int errno_value)>;  // accepting pauses

  // Binds and listens. kIo or kPermission with the address in the context.
  [[nodiscard]] static base::Result<std::unique_ptr<Listener>> open(Loop& loop, const base::Endpoint& at,
                                                                    OnAccept on_accept, OnShortage on_shortage);

  // The same with a socket that listens already.
  [[nodiscard]] static base::Result<std::unique_ptr<Listener>> adopt(Loop& loop, base::UniqueFd listening,
                                                                     OnAccept on_accept, OnShortage on_shortage);

  [[nodiscard]] const base::Endpoint& local() const { return local_; }  // with the real port

 private:
  Listener(Loop& loop, base::UniqueFd fd, OnAccept on_accept, OnShortage on_shortage);

  void on_ready(Ready ready) override;
  void pause();

  base::UniqueFd fd_;
  base::Endpoint local_;
  OnAccept on_accept_;
  OnShortage on_shortage_;
  Timer retry_;
  std::unique_ptr<Poll> poll_;
};

}  // namespace crawlspool::net
