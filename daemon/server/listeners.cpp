#include "daemon/server/listeners.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/inputs/inputs.h"
#include "daemon/net/socket_stream.h"
#include "daemon/net/tls_stream.h"

namespace crawlspool::server {
namespace {

using base::Result;

// Holds what an accepted connection is made of.
struct Parcel {
  connection::Admission::Ticket ticket;
  std::unique_ptr<net::ByteStream> stream;
  base::Peer peer;
};

std::unique_ptr<net::ByteStream> stream_over(base::UniqueFd fd, const TlsPort* tls) {
  if (tls == nullptr) return std::make_unique<net::SocketStream>(std::move(fd));
  return std::make_unique<net::TlsStream>(std::move(fd), *tls->context());
}

void on_shortage(int errno_value) { base::log_warn_limited("accept_paused", {{"detail", std::strerror(errno_value)}}); }

net::FileRights file_rights(const config::ListenerSettings& settings) {
  net::FileRights rights;
  rights.mode = settings.mode.value_or(rights.mode);
  rights.group = settings.group;
  return rights;
}

void warn_of_public(proto::Input input, const base::Endpoint& at, const config::Auth& auth) {
  const bool wants_tokens = brings_records(input) ? auth.is_required() : !auth.admin_tokens.empty();
  if (wants_tokens && at.is_tls()) return;
  const std::string may = brings_records(input) ? "anyone may write: " : "anyone may read: ";
  std::string detail = may + "there is no encryption and no authentication on this port";
  if (at.is_tls()) detail = may + "there is no authentication on this port";
  if (wants_tokens) detail = "tokens travel readable: there is no encryption on this port";
  base::log_warn("public_bind", {{"port", word(input)}, {"address", at.to_string()}, {"detail", detail}});
}

// Where sockets are inherited no other is opened, whatever the configuration names.
void warn_of_missing(proto::Input input, const std::vector<std::string>& urls,
                     const std::vector<InheritedSocket>& inherited) {
  for (const std::string& url : urls) {
    const auto wanted = config::parse_listener(input, url);
    const bool is_there = wanted && std::any_of(inherited.begin(), inherited.end(), [&](const InheritedSocket& one) {
                            return one.listener.at.to_string() == wanted->at.to_string();
                          });
    if (wanted && !is_there)
      base::log_warn("not_inherited",
                     {{"port", word(input)},
                      {"address", wanted->at.to_string()},
                      {"detail", "systemd hands over no socket with this address, so nothing listens there"}});
  }
}

}  // namespace

Listeners::Listeners(connection::IoThreads& threads, const connection::Shared& shared, admin::AdminPort& admin_port,
                     admin::AdminBackend& admin_backend, WatchedFiles& files)
    : threads_(threads), shared_(shared), admin_port_(admin_port), admin_backend_(admin_backend), files_(files) {}

Result<void> Listeners::open(const config::Config& config, InheritedSockets inherited) {
  std::vector<base::AddressBlock> balancers;
  for (const std::string& text : config.proxy_from) {
    CRAWLSPOOL_TRY_AS(const auto block, base::AddressBlock::parse(text));
    balancers.push_back(block);
  }
  proxy_gate_.emplace(threads_.first().loop(), shared_.closes, std::move(balancers));
  for (const proto::Input input : proto::kAllInputs) {
    if (inherited.is_any) {
      CRAWLSPOOL_TRY(adopt_all(input, inherited.of[input], config));
    } else {
      CRAWLSPOOL_TRY(open_all(input, config));
    }
  }
  return {};
}

Result<void> Listeners::open_all(proto::Input input, const config::Config& config) {
  for (const std::string& url : config.listen[input]) {
    CRAWLSPOOL_TRY_AS(auto listener, config::parse_listener(input, url));
    CRAWLSPOOL_TRY_AS(auto socket, net::listen_on(listener.at, file_rights(listener.settings)));
    CRAWLSPOOL_TRY(listen(input, std::move(listener), config, std::move(socket), false));
  }
  return {};
}

Result<void> Listeners::adopt_all(proto::Input input, std::vector<InheritedSocket>& inherited,
                                  const config::Config& config) {
  warn_of_missing(input, config.listen[input], inherited);
  for (InheritedSocket& socket : inherited)
    CRAWLSPOOL_TRY(listen(input, std::move(socket.listener), config, {std::move(socket.fd), {}}, true));
  return {};
}

Result<void> Listeners::listen(proto::Input input, config::Listener listener, const config::Config& config,
                               net::ListeningSocket socket, bool is_inherited) {
  if (const proto::Charset charset = listener.settings.decoding.charset; !shared_.charsets.has(charset))
    return base::fail(base::ErrorCode::kConfig,
                      "listen." + std::string(word(input)) + ": " + intake::no_codec_detail(charset));
  if (!has_connections(input)) {
    CRAWLSPOOL_TRY_AS(const auto local, datagram_ports_.open(threads_.first(), {input, next_id_++, is_inherited},
                                                             std::move(listener), std::move(socket)));
    addresses_[input].push_back(local);
    return {};
  }
  auto made = std::make_shared<Port>();
  made->input = input;
  if (listener.at.is_tls()) {
    CRAWLSPOOL_TRY_AS(made->tls,
                      TlsPort::open(tls_options(tls_of(config.tls, listener.settings), input), shared_.clock));
  }
  const bool knows_its_clients =
      made->tls && tls_of(config.tls, listener.settings).client == config::TlsVerify::kRequired;
  made->settings = std::move(listener.settings);
  const PortPtr port = made;
  auto accept = [this, port](base::UniqueFd fd, base::Peer peer) { on_accept(port, std::move(fd), std::move(peer)); };
  CRAWLSPOOL_TRY_AS(auto opened,
                    net::Listener::open(threads_.first().loop(), std::move(socket), std::move(accept), on_shortage));
  base::Endpoint local = opened->local();
  local.set_tls(port->tls != nullptr);
  base::log_info("listening", {{"port", word(input)}, {"address", local.to_string()}, {"inherited", is_inherited}});
  if (!local.is_loopback() && !knows_its_clients) warn_of_public(input, local, config.auth);
  if (port->tls) tls_ports_.push_back({local.to_string(), port});
  if (port->tls) files_.add(port->tls);
  addresses_[input].push_back(local);
  (brings_records(input) ? crawlers_ : admin_).push_back(std::move(opened));
  return {};
}

std::vector<admin::CertificateFacts> Listeners::certificates() const {
  std::vector<admin::CertificateFacts> facts;
  for (const TlsListener& one : tls_ports_) facts.push_back({one.address, one.port->tls->not_after_s()});
  return facts;
}

void Listeners::close_crawlers() {
  crawlers_.clear();
  proxy_gate_->close_all();
}

void Listeners::on_accept(const PortPtr& port, base::UniqueFd fd, base::Peer peer) {
  if (!port->settings.proxy) return open_connection(port, std::move(fd), std::move(peer));
  proxy_gate_->take(std::move(fd), std::move(peer), [this, port](base::UniqueFd passed_on, base::Peer client) {
    open_connection(port, std::move(passed_on), std::move(client));
  });
}

void Listeners::open_connection(const PortPtr& port, base::UniqueFd fd, base::Peer peer) {
  const bool is_admin = !brings_records(port->input);
  if (is_admin) admin_port_.make_room();
  auto ticket = shared_.admission.admit(port->input, peer.machine);
  if (!ticket) return;  // too many are being refused already
  // The admin port is served where the backend lives.
  connection::IoLoop& loop = is_admin ? threads_.first() : threads_.least_busy();
  const auto parcel = std::make_shared<Parcel>();  // std::function wants something that can be copied
  parcel->ticket = std::move(*ticket);
  parcel->stream = stream_over(std::move(fd), port->tls.get());
  parcel->peer = std::move(peer);
  auto hand_over = [this, port, &loop, id = next_id_++, parcel] {
    auto made = std::make_unique<connection::Connection>(loop, id, port->input, std::move(parcel->peer),
                                                         std::move(parcel->ticket));
    made->speak(make_protocol(*port, *made));
    loop.adopt(std::move(made), std::move(parcel->stream));
  };
  if (&loop == &threads_.first())
    hand_over();
  else
    loop.mailbox().post(std::move(hand_over));
}

// Runs on the thread of the connection's loop.
std::unique_ptr<connection::Protocol> Listeners::make_protocol(const Port& port,
                                                               connection::Connection& connection) const {
  using http::HttpProtocol;
  if (brings_records(port.input)) return inputs::make_protocol(port.input, connection, port.settings);
  return std::make_unique<HttpProtocol>(connection, admin_port_.bounds(), [this](HttpProtocol& http) {
    return std::make_unique<admin::AdminHandler>(http, admin_port_, admin_backend_);
  });
}

}  // namespace crawlspool::server
