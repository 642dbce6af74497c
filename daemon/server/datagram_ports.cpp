#include "daemon/server/datagram_ports.h"

#include <utility>

#include "daemon/base/log.h"
#include "daemon/inputs/inputs.h"
#include "daemon/net/datagram_socket.h"

namespace crawlspool::server {
namespace {

void set_buffer(net::DatagramSocket& socket, std::uint64_t wanted_bytes) {
  if (wanted_bytes == 0) return;
  const std::uint64_t granted_bytes = socket.set_buffer(wanted_bytes);
  if (granted_bytes >= wanted_bytes) return;
  base::log_warn("datagram_buffer",
                 {{"address", socket.local().to_string()},
                  {"wanted", wanted_bytes},
                  {"bytes", granted_bytes},
                  {"detail", "the kernel gives no more than net.core.rmem_max: sysctl -w net.core.rmem_max=" +
                                 std::to_string(wanted_bytes) + " allows it, and a restart takes it"}});
}

void warn_of_public(proto::Input input, const base::Endpoint& local, const config::ListenerSettings& settings) {
  if (local.is_loopback() || !settings.allow_from.empty()) return;
  base::log_warn("public_bind", {{"port", word(input)},
                                 {"address", local.to_string()},
                                 {"detail",
                                  "anyone who reaches this port can store records; allow_from of the "
                                  "listener names who may"}});
}

}  // namespace

base::Result<base::Endpoint> DatagramPorts::open(connection::IoLoop& loop, const Port& port, config::Listener listener,
                                                 net::ListeningSocket socket) {
  CRAWLSPOOL_TRY_AS(auto bound, net::DatagramSocket::open(std::move(socket)));
  set_buffer(*bound, listener.settings.buffer_bytes);
  const base::Endpoint local = bound->local();
  base::log_info("listening",
                 {{"port", word(port.input)}, {"address", local.to_string()}, {"inherited", port.is_inherited}});
  warn_of_public(port.input, local, listener.settings);
  auto counts = std::make_shared<connection::DatagramCounts>();
  opened_.push_back({local.to_string(), counts});
  CRAWLSPOOL_TRY(inputs::take_messages(
      port.input, loop,
      {port.id, std::move(bound), std::move(listener.settings), std::move(counts), port.is_inherited}));
  return local;
}

std::vector<admin::DatagramFacts> DatagramPorts::facts() const {
  std::vector<admin::DatagramFacts> facts;
  facts.reserve(opened_.size());
  for (const Opened& one : opened_)
    facts.push_back({one.address, one.counts->received.load(std::memory_order_relaxed),
                     one.counts->refused.load(std::memory_order_relaxed),
                     one.counts->dropped.load(std::memory_order_relaxed),
                     one.counts->acked.load(std::memory_order_relaxed)});
  return facts;
}

}  // namespace crawlspool::server
