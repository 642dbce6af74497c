// Owns the connections whose balancer has not said yet for whom they are: those of listeners with proxy=required, from
// accept to the end of their PROXY header. Bounded; used on the first loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/base/address_block.h"
#include "daemon/base/endpoint.h"
#include "daemon/base/unique_fd.h"
#include "daemon/connection/close_counts.h"
#include "daemon/net/loop.h"
#include "daemon/net/proxy_reader.h"

namespace crawlspool::server {

class ProxyGate final : private net::ProxyReader::Owner {
 public:
  static constexpr std::size_t kWaitingMax = 1024;

  using OnKnown = std::function<void(base::UniqueFd fd, base::Peer peer)>;

  // Both outlive it. `trusted`: who may say for whom a connection is.
  ProxyGate(net::Loop& loop, connection::CloseCounts& closes, std::vector<base::AddressBlock> trusted);

  // Calls `on_known` once the header is read, with the peer that it names; where it names none, with `balancer`. A
  // connection that is not trusted, sends no header in time, or is one too many is closed, counted and logged.
  void take(base::UniqueFd fd, base::Peer balancer, OnKnown on_known);
  // Closes those that still wait.
  void close_all() { waiting_.clear(); }

 private:
  struct Waiting {
    std::unique_ptr<net::ProxyReader> reader;
    base::Peer balancer;
    OnKnown on_known;
  };

  void on_proxy_header(net::ProxyReader& reader) override;
  void on_no_proxy_header(net::ProxyReader& reader, std::string_view why) override;
  void refuse(const base::Peer& balancer, std::string_view why);
  Waiting remove(net::ProxyReader& reader);

  net::Loop& loop_;
  connection::CloseCounts& closes_;
  const std::vector<base::AddressBlock> trusted_;
  std::unordered_map<net::ProxyReader*, Waiting> waiting_;
};

}  // namespace crawlspool::server
