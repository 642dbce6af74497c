#include "daemon/server/listeners.h"

#include <sys/socket.h>

#include <cstring>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/inputs/http/records_handler.h"
#include "daemon/inputs/stream/stream_protocol.h"
#include "proto/messages.h"

namespace crawlspool::server {
namespace {

using base::Result;
using proto::Transport;

// What an accepted connection is made of.
using Parcel = std::pair<connection::Admission::Ticket, base::UniqueFd>;

void on_shortage(int errno_value) { base::log_warn_limited("accept_paused", {{"detail", std::strerror(errno_value)}}); }

std::vector<std::string>& addresses_of(admin::Addresses& all, Transport transport) {
  if (transport == Transport::kStream) return all.stream;
  return transport == Transport::kHttp ? all.http : all.admin;
}

}  // namespace

Listeners::Listeners(connection::IoThreads& threads, const connection::Shared& shared, admin::AdminPort& admin_port,
                     admin::AdminBackend& admin_backend)
    : threads_(threads), shared_(shared), admin_port_(admin_port), admin_backend_(admin_backend) {}

Result<void> Listeners::open(const config::Listen& listen, InheritedSockets inherited) {
  if (!inherited.empty())
    return adopt_all(Transport::kStream, inherited.stream)
        .and_then([&] { return adopt_all(Transport::kHttp, inherited.http); })
        .and_then([&] { return adopt_all(Transport::kAdmin, inherited.admin); });
  return open_all(Transport::kStream, listen.stream)
      .and_then([&] { return open_all(Transport::kHttp, listen.http); })
      .and_then([&] { return open_all(Transport::kAdmin, listen.admin); });
}

Result<void> Listeners::open_all(Transport transport, const std::vector<std::string>& urls) {
  for (const std::string& url : urls) {
    CRAWLSPOOL_TRY_AS(const auto endpoint, base::Endpoint::parse(url));
    auto opened = net::Listener::open(threads_.first().loop(), endpoint, accepting(transport), on_shortage);
    if (auto kept = keep(transport, std::move(opened), false); !kept) return kept;
  }
  return {};
}

Result<void> Listeners::adopt_all(Transport transport, std::vector<base::UniqueFd>& inherited) {
  for (base::UniqueFd& fd : inherited) {
    auto adopted = net::Listener::adopt(threads_.first().loop(), std::move(fd), accepting(transport), on_shortage);
    if (auto kept = keep(transport, std::move(adopted), true); !kept) return kept;
  }
  return {};
}

Result<void> Listeners::keep(Transport transport, Opened opened, bool is_inherited) {
  if (!opened) return tl::unexpected(opened.error());
  const base::Endpoint& local = (*opened)->local();
  base::log_info("listening", {{"port", word(transport)}, {"address", local.to_string()}, {"inherited", is_inherited}});
  if (!local.is_loopback())
    base::log_warn("public_bind", {{"port", word(transport)},
                                   {"address", local.to_string()},
                                   {"detail", "there is no encryption and no authentication on this port"}});
  addresses_of(addresses_, transport).push_back(local.to_string());
  (transport == Transport::kAdmin ? admin_ : ingest_).push_back(std::move(*opened));
  return {};
}

net::Listener::OnAccept Listeners::accepting(Transport transport) {
  return
      [this, transport](base::UniqueFd fd, const base::Endpoint& peer) { on_accept(transport, std::move(fd), peer); };
}

void Listeners::on_accept(Transport transport, base::UniqueFd fd, const base::Endpoint& peer) {
  if (transport == Transport::kAdmin) admin_port_.make_room();
  auto ticket = shared_.admission.admit(transport, peer.machine_key());
  if (!ticket) return;  // too many are being told already that there are too many
  // The admin port is served where the backend lives.
  connection::IoLoop& loop = transport == Transport::kAdmin ? threads_.first() : threads_.least_busy();
  auto hand_over = [this, transport, &loop, id = next_id_++, peer = peer.to_string(),
                    // std::function wants something that can be copied.
                    parcel = std::make_shared<Parcel>(std::move(*ticket), std::move(fd))] {
    loop.adopt(make(transport, loop, id, peer, std::move(parcel->first)), std::move(parcel->second));
  };
  if (&loop == &threads_.first())
    hand_over();
  else
    loop.mailbox().post(std::move(hand_over));
}

std::unique_ptr<connection::Connection> Listeners::make(Transport transport, connection::IoLoop& loop,
                                                        base::ConnectionId id, const std::string& peer,
                                                        connection::Admission::Ticket ticket) const {
  auto made = std::make_unique<connection::Connection>(loop, id, transport, peer, std::move(ticket));
  made->speak(make_protocol(transport, *made));
  return made;
}

std::unique_ptr<connection::Protocol> Listeners::make_protocol(Transport transport,
                                                               connection::Connection& connection) const {
  using http::HttpProtocol;
  switch (transport) {
    case Transport::kStream:
      return std::make_unique<stream::StreamProtocol>(connection);
    case Transport::kHttp:
      return std::make_unique<HttpProtocol>(connection, HttpProtocol::kForRecords, [](HttpProtocol& http) {
        return std::make_unique<http::RecordsHandler>(http);
      });
    case Transport::kAdmin:
      break;
  }
  return std::make_unique<HttpProtocol>(connection, admin_port_.bounds(), [this](HttpProtocol& http) {
    return std::make_unique<admin::AdminHandler>(http, admin_port_, admin_backend_);
  });
}

}  // namespace crawlspool::server
