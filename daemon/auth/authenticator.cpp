#include "daemon/auth/authenticator.h"

#include <utility>

#include "daemon/base/log.h"
#include "proto/names.h"

namespace crawlspool::auth {
namespace {

constexpr std::string_view kPlainDetail =
    "a token over plain TCP could be read on the way: use tls://, or see auth.plain_tokens of the server";

Refusal unauthorized(std::string_view detail) { return {Refusal::Kind::kUnauthorized, std::string(detail), 0}; }
Refusal forbidden(std::string detail) { return {Refusal::Kind::kForbidden, std::move(detail), 0}; }

bool is_readable(const Channel& channel) { return !channel.is_encrypted && !channel.peer.is_local; }

}  // namespace

Authenticator::Authenticator(const config::Config& config, const base::Clock& clock)
    : clock_(clock),
      tokens_file_(config.auth.tokens),
      admin_file_(config.auth.admin_tokens),
      tokens_(tokens_file_),
      admin_tokens_(admin_file_) {
  set_config(config);
}

// ---- files and rules ----

base::Result<void> Authenticator::load() {
  if (!tokens_file_.empty()) {
    CRAWLSPOOL_TRY(tokens_.load());
  }
  if (!admin_file_.empty()) {
    CRAWLSPOOL_TRY(admin_tokens_.load());
  }
  take_over_rates();
  is_loaded_ = true;
  return {};
}

void Authenticator::refresh(bool is_asked) {
  if (!is_loaded_) return;
  if (!tokens_file_.empty()) refresh(tokens_, tokens_file_, is_asked);
  if (!admin_file_.empty()) refresh(admin_tokens_, admin_file_, is_asked);
}

void Authenticator::refresh(TokenStore& store, const std::string& file, bool is_asked) {
  const auto before = store.table();
  const auto read = is_asked ? store.load() : store.refresh(clock_.monotonic_us() / 1000);
  if (!read) return base::log_error("tokens_reload_failed", {{"detail", read.error().message()}});
  if (store.table() == before) return;
  take_over_rates();
  base::log_info("tokens_reloaded", {{"file", file}, {"tokens", store.table()->size()}});
}

void Authenticator::take_over_rates() {
  const auto table = tokens_.table();
  for (const std::string& name : table->names()) usage_of(name)->set_rate(table->rate_of(name));
}

void Authenticator::set_config(const config::Config& config) {
  auto rules = std::make_shared<Rules>();
  rules->is_required = config.auth.is_required();
  rules->takes_plain_tokens = config.auth.plain_tokens;
  rules->has_certificate_names = config.tls.identity != config::TlsIdentity::kNone;
  rules->plain_clients = config.auth.plain_clients;
  for (const auto& [name, uids] : config.auth.uids) {
    static_cast<void>(usage_of(name));
    for (const uid_t uid : uids) rules->names_of_uids.emplace(uid, name);
  }
  const std::lock_guard lock(mutex_);
  rules_ = std::move(rules);
}

Authenticator::RulesPtr Authenticator::rules() const {
  const std::lock_guard lock(mutex_);
  return rules_;
}

std::shared_ptr<Usage> Authenticator::usage_of(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Usage>& usage = usages_[name];
  if (!usage) usage = std::make_shared<Usage>(clock_);
  return usage;
}

std::map<std::string, std::uint64_t> Authenticator::records_by_name() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::uint64_t> records;
  for (const auto& [name, usage] : usages_) records.emplace(name, usage->records_total());
  return records;
}

// ---- senders ----

tl::expected<std::shared_ptr<const Token>, Refusal> Authenticator::check_token(const Channel& channel,
                                                                               std::string_view token,
                                                                               TokenStore& store, bool takes_plain) {
  if (is_readable(channel)) {
    if (!takes_plain) return tl::unexpected(unauthorized(kPlainDetail));
    base::log_warn_limited("plain_token", {{"peer", channel.peer.text}});
  }
  const auto table = store.table();
  if (const Token* const found = table->find(token, clock_.wall_us()))
    return std::shared_ptr<const Token>(table, found);
  Refusal refusal = unauthorized("that token is not known");
  refusal.wait_ms = failed_.count(channel.peer.machine, clock_.monotonic_us() / 1000);
  return tl::unexpected(std::move(refusal));
}

// A certificate's name is its owner's alone.
std::optional<Refusal> Authenticator::refuse_client(const Channel& channel, const std::string& client,
                                                    const Rules& rules) {
  if (!rules.has_certificate_names) return std::nullopt;
  const std::string& name = channel.certificate_name;
  if (!name.empty()) {
    if (!proto::is_client_name(name))
      return forbidden("the certificate's name is no client's name, which is " + std::string(proto::kClientNameRule));
    if (client.empty() || client == name) return std::nullopt;
    return forbidden("the certificate is of client " + name + ", and it says that it is " + client);
  }
  if (client.empty() || matches(rules.plain_clients, client)) return std::nullopt;
  return forbidden("client " + client + " needs a certificate: auth.plain_clients does not have that name");
}

tl::expected<Sender, Refusal> Authenticator::sender_of(const Channel& channel, const Claims& claims,
                                                       const Rules& rules) {
  if (auto refusal = refuse_client(channel, claims.client, rules)) return tl::unexpected(std::move(*refusal));
  Sender sender;
  sender.client = channel.certificate_name.empty() ? claims.client : channel.certificate_name;
  if (claims.token && !tokens_file_.empty()) {
    auto token = check_token(channel, *claims.token, tokens_, rules.takes_plain_tokens);
    if (!token) return tl::unexpected(std::move(token.error()));
    if (auto refusal = forbid_client(**token, sender.client)) return tl::unexpected(std::move(*refusal));
    sender.rights = std::move(*token);
    sender.user = sender.rights->name;
  } else if (channel.peer.uid) {
    const auto known = rules.names_of_uids.find(*channel.peer.uid);
    if (known != rules.names_of_uids.end()) sender.user = known->second;
  }
  if (!sender.user.empty()) sender.usage = usage_of(sender.user);
  if (rules.is_required && sender.user.empty() && channel.certificate_name.empty())
    return tl::unexpected(unauthorized("this server wants a token"));
  return sender;
}

tl::expected<Sender, Refusal> Authenticator::identify(const Channel& channel, const Claims& claims) {
  auto sender = sender_of(channel, claims, *rules());
  if (!sender)
    base::log_warn_limited("sender_refused",
                           {{"peer", channel.peer.text}, {"client", claims.client}, {"detail", sender.error().detail}});
  return sender;
}

std::optional<Refusal> Authenticator::rename(const Channel& channel, Sender& sender, std::string client) const {
  auto refusal = refuse_client(channel, client, *rules());
  if (!channel.certificate_name.empty()) client = channel.certificate_name;
  if (!refusal && sender.rights) refusal = forbid_client(*sender.rights, client);
  if (!refusal) sender.client = std::move(client);
  return refusal;
}

std::optional<Refusal> Authenticator::refuse_operator(const Channel& channel, std::optional<std::string_view> token) {
  if (admin_file_.empty()) return std::nullopt;
  if (!token) return unauthorized("this server wants a token");
  auto known = check_token(channel, *token, admin_tokens_, rules()->takes_plain_tokens);
  if (known) return std::nullopt;
  base::log_warn_limited("sender_refused",
                         {{"peer", channel.peer.text}, {"client", ""}, {"detail", known.error().detail}});
  return known.error();
}

}  // namespace crawlspool::auth
