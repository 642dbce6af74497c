#include "config/contradictions.h"

#include <map>

#include "config/listener.h"
#include "config/units.h"

namespace crawlspool::config {
namespace {

// Whole frames must always move: one is being read while another's lines wait for the disk.
void check_memory(const Limits& limits, std::vector<Contradiction>& out) {
  const auto check = [&](std::string_view frame, std::uint64_t bytes) {
    if (limits.memory_bytes_max >= 2 * bytes) return;
    out.push_back({"limits.memory_bytes_max", frame,
                   format_size(limits.memory_bytes_max) + " is under twice " + std::string(frame) + " (" +
                       format_size(bytes) + ")"});
  };
  check("limits.batch_bytes_max", limits.batch_bytes_max);
  check("limits.record_bytes_max", limits.record_bytes_max);
}

void check_not_deaf(const Listen& listen, std::vector<Contradiction>& out) {
  std::vector<std::string_view> empty;
  for (const proto::Input input : proto::kAllInputs) {
    if (!brings_records(input)) continue;
    if (!listen[input].empty()) return;
    if (!info(input).default_url.empty()) empty.push_back(listen_key(input));
  }
  out.push_back({empty[0], empty[1], "is empty, and so is " + std::string(empty[1]) + ": nothing could take records"});
}

// Calls `check(input, url, listener)` for each entry of listen.X that can be read.
template <class Check>
void for_each_listener(const Listen& listen, Check&& check) {
  for (const proto::Input input : proto::kAllInputs)
    for (const std::string& url : listen[input])
      if (const auto listener = parse_listener(input, url)) check(input, url, *listener);
}

// UDP and TCP have their ports to themselves; a path is one file, whatever comes there.
std::string purpose_of(const base::Endpoint& at) {
  if (at.is_unix()) return at.path();
  return (at.is_datagram() ? "udp " : "tcp ") + at.to_string();
}

// One address serves one purpose, once.
void check_distinct(const Listen& listen, std::vector<Contradiction>& out) {
  std::map<std::string, std::string_view> owners;
  for_each_listener(listen, [&](proto::Input input, const std::string& url, const Listener& listener) {
    if (has_any_port(listener.at)) return;
    const auto [owner, is_new] = owners.emplace(purpose_of(listener.at), listen_key(input));
    if (!is_new)
      out.push_back(
          {listen_key(input), owner->second, in_quotes(url) + " is already in " + std::string(owner->second)});
  });
}

// A port that waits for PROXY headers takes no connection if nobody may send one.
void check_proxies(const Config& config, std::vector<Contradiction>& out) {
  if (!config.proxy_from.empty()) return;
  for_each_listener(config.listen, [&](proto::Input input, const std::string& url, const Listener& listener) {
    if (listener.settings.proxy)
      out.push_back({listen_key(input), "listen.proxy_from",
                     in_quotes(url) + " wants PROXY headers, and listen.proxy_from names nobody who may send them"});
  });
}

void check_tls(const Config& config, std::vector<Contradiction>& out) {
  for_each_listener(config.listen, [&](proto::Input input, const std::string& url, const Listener& listener) {
    if (!listener.at.is_tls()) return;
    const Tls tls = tls_of(config.tls, listener.settings);
    const auto needs = [&](std::string_view key, const std::string& why) {
      out.push_back({listen_key(input), key, in_quotes(url) + " needs " + std::string(key) + why});
    };
    if (tls.certificate.empty()) needs("tls.certificate", ", a file");
    if (tls.key.empty()) needs("tls.key", ", a file");
    if (tls.client != TlsVerify::kNone && tls.client_ca.empty())
      needs("tls.client_ca", ", a file: without it no client's certificate can be verified");
  });
}

// Nobody could ever be let in.
void check_auth(const Config& config, std::vector<Contradiction>& out) {
  const bool knows_somebody =
      !config.auth.tokens.empty() || !config.auth.uids.empty() || config.tls.identity != TlsIdentity::kNone;
  if (config.auth.required == AuthRequired::kYes && !knows_somebody)
    out.push_back({"auth.required", "auth.tokens",
                   "is true, and neither auth.tokens, auth.uids nor tls.identity says who may send"});
  if (config.tls.identity == TlsIdentity::kNone && !config.auth.plain_clients.empty())
    out.push_back({"auth.plain_clients", "tls.identity",
                   "says who needs no certificate, and tls.identity is none: nobody needs one"});
  // A datagram has no place for a token.
  if (!config.auth.is_required()) return;
  for_each_listener(config.listen, [&](proto::Input input, const std::string& url, const Listener& listener) {
    if (has_connections(input) || listener.at.is_unix() || !listener.settings.allow_from.empty()) return;
    out.push_back({listen_key(input), "auth.required",
                   in_quotes(url) +
                       " takes datagrams of anyone, and auth.required wants senders to say who they are: " +
                       "name those who may send with allow_from=, as in allow_from=10.0.0.0/8"});
  });
}

}  // namespace

std::vector<Contradiction> contradictions(const Config& config) {
  std::vector<Contradiction> out;
  check_not_deaf(config.listen, out);
  check_distinct(config.listen, out);
  check_proxies(config, out);
  check_tls(config, out);
  check_auth(config, out);
  check_memory(config.limits, out);
  return out;
}

}  // namespace crawlspool::config
