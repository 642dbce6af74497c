// The listening sockets, and what becomes of an accepted one: a place under the limits, a loop, a connection that
// speaks the port's protocol. On the first loop's thread.
#pragma once

#include <memory>
#include <vector>

#include "daemon/admin/admin_handler.h"
#include "daemon/connection/io_threads.h"
#include "daemon/net/listener.h"
#include "daemon/server/inherited_sockets.h"
#include "daemon/server/ready_file.h"

namespace crawlspool::server {

class Listeners {
 public:
  // All outlive it.
  Listeners(connection::IoThreads& threads, const connection::Shared& shared, admin::AdminPort& admin_port,
            admin::AdminBackend& admin_backend);

  // Takes over what was inherited; where that is nothing at all, opens what the configuration names.
  [[nodiscard]] base::Result<void> open(const config::Listen& listen, InheritedSockets inherited);
  [[nodiscard]] const admin::Addresses& addresses() const { return addresses_; }
  // Accepts no more crawlers; the admin port stays open to the end.
  void close_ingest() { ingest_.clear(); }

 private:
  using Opened = base::Result<std::unique_ptr<net::Listener>>;

  base::Result<void> open_all(proto::Transport transport, const std::vector<std::string>& urls);
  base::Result<void> adopt_all(proto::Transport transport, std::vector<base::UniqueFd>& inherited);
  base::Result<void> keep(proto::Transport transport, Opened opened, bool is_inherited);
  [[nodiscard]] net::Listener::OnAccept accepting(proto::Transport transport);
  void on_accept(proto::Transport transport, base::UniqueFd fd, const base::Endpoint& peer);
  // On the thread of `loop`.
  [[nodiscard]] std::unique_ptr<connection::Connection> make(proto::Transport transport, connection::IoLoop& loop,
                                                             base::ConnectionId id, const std::string& peer,
                                                             connection::Admission::Ticket ticket) const;
  [[nodiscard]] std::unique_ptr<connection::Protocol> make_protocol(proto::Transport transport,
                                                                    connection::Connection& connection) const;

  connection::IoThreads& threads_;
  const connection::Shared& shared_;
  admin::AdminPort& admin_port_;
  admin::AdminBackend& admin_backend_;
  std::vector<std::unique_ptr<net::Listener>> ingest_;
  std::vector<std::unique_ptr<net::Listener>> admin_;
  admin::Addresses addresses_;
  base::ConnectionId next_id_ = 1;
};

}  // namespace crawlspool::server
