// Owns the listening sockets, and decides what becomes of an accepted one: a place under the limits, a loop, a
// connection that speaks the port's input. Used on the first loop's thread.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "config/listener.h"
#include "daemon/admin/admin_handler.h"
#include "daemon/connection/io_threads.h"
#include "daemon/net/listener.h"
#include "daemon/server/datagram_ports.h"
#include "daemon/server/inherited_sockets.h"
#include "daemon/server/proxy_gate.h"
#include "daemon/server/ready_file.h"
#include "daemon/server/tls_port.h"
#include "daemon/server/watched_files.h"

namespace crawlspool::server {

class Listeners {
 public:
  // All outlive it.
  Listeners(connection::IoThreads& threads, const connection::Shared& shared, admin::AdminPort& admin_port,
            admin::AdminBackend& admin_backend, WatchedFiles& files);

  // Takes over what was inherited; where that is nothing at all, opens what the configuration names.
  [[nodiscard]] base::Result<void> open(const config::Config& config, InheritedSockets inherited);
  [[nodiscard]] const admin::Addresses& addresses() const { return addresses_; }
  // Accepts no more crawlers; the admin port stays open to the end.
  void close_crawlers();
  [[nodiscard]] std::vector<admin::CertificateFacts> certificates() const;
  [[nodiscard]] std::vector<admin::DatagramFacts> datagrams() const { return datagram_ports_.facts(); }

 private:
  // Holds what is known of a listener, and of each connection that it accepts.
  struct Port {
    proto::Input input{};
    config::ListenerSettings settings;
    std::shared_ptr<TlsPort> tls;  // where TLS is spoken
  };
  using PortPtr = std::shared_ptr<const Port>;
  struct TlsListener {
    std::string address;
    PortPtr port;
  };

  base::Result<void> open_all(proto::Input input, const config::Config& config);
  base::Result<void> adopt_all(proto::Input input, std::vector<InheritedSocket>& inherited,
                               const config::Config& config);
  base::Result<void> listen(proto::Input input, config::Listener listener, const config::Config& config,
                            net::ListeningSocket socket, bool is_inherited);
  void on_accept(const PortPtr& port, base::UniqueFd fd, base::Peer peer);
  void open_connection(const PortPtr& port, base::UniqueFd fd, base::Peer peer);
  [[nodiscard]] std::unique_ptr<connection::Protocol> make_protocol(const Port& port,
                                                                    connection::Connection& connection) const;

  connection::IoThreads& threads_;
  const connection::Shared& shared_;
  admin::AdminPort& admin_port_;
  admin::AdminBackend& admin_backend_;
  WatchedFiles& files_;
  std::vector<std::unique_ptr<net::Listener>> crawlers_;  // of inputs that bring records
  std::vector<std::unique_ptr<net::Listener>> admin_;
  std::vector<TlsListener> tls_ports_;
  DatagramPorts datagram_ports_;
  std::optional<ProxyGate> proxy_gate_;  // once open() has begun
  admin::Addresses addresses_;
  base::ConnectionId next_id_ = 1;
};

}  // namespace crawlspool::server
