#include "daemon/server/proxy_gate.h"

#include <utility>

#include "daemon/base/log.h"

namespace crawlspool::server {

ProxyGate::ProxyGate(net::Loop& loop, connection::CloseCounts& closes, std::vector<base::AddressBlock> trusted)
    : loop_(loop), closes_(closes), trusted_(std::move(trusted)) {}

void ProxyGate::take(base::UniqueFd fd, base::Peer balancer, OnKnown on_known) {
  if (!contains(trusted_, base::Endpoint::remote_end(fd.get())))
    return refuse(balancer, "this port takes connections from listen.proxy_from alone");
  if (waiting_.size() >= kWaitingMax) return refuse(balancer, "1024 connections wait for their PROXY header already");
  Owner& owner = *this;
  auto reader = std::make_unique<net::ProxyReader>(loop_, std::move(fd), owner);
  if (const auto started = reader->start(loop_); !started) return refuse(balancer, started.error().message());
  net::ProxyReader* const key = reader.get();
  waiting_.emplace(key, Waiting{std::move(reader), std::move(balancer), std::move(on_known)});
}

// The reader is within a call of its own: it is destroyed as that ends.
ProxyGate::Waiting ProxyGate::remove(net::ProxyReader& reader) {
  auto node = waiting_.extract(&reader);
  return std::move(node.mapped());
}

void ProxyGate::on_proxy_header(net::ProxyReader& reader) {
  Waiting known = remove(reader);
  const auto& source = reader.source();
  known.on_known(reader.take_connection(), source ? base::Peer::at(*source) : std::move(known.balancer));
}

void ProxyGate::on_no_proxy_header(net::ProxyReader& reader, std::string_view why) {
  const Waiting refused = remove(reader);
  refuse(refused.balancer, why);
}

void ProxyGate::refuse(const base::Peer& balancer, std::string_view why) {
  closes_.count("proxy_refused");
  base::log_warn_limited("proxy_refused", {{"peer", balancer.text}, {"detail", why}});
}

}  // namespace crawlspool::server
