#include "daemon/inputs/redis/account.h"

namespace crawlspool::redis {
namespace {

std::string words(std::string_view word, const auth::Refusal& refusal) {
  const bool is_forbidden = refusal.kind == auth::Refusal::Kind::kForbidden;
  return std::string(is_forbidden ? "NOPERM" : word) + " " + refusal.detail;
}

}  // namespace

std::string Account::authenticate(std::string client, std::string_view token) {
  auto sender = authenticator_.identify(channel_(), {token, std::move(client)});
  if (!sender) {
    wait_ms_ = sender.error().wait_ms;
    return words("WRONGPASS", sender.error());
  }
  sender_ = std::move(*sender);
  is_known_ = true;
  return {};
}

std::string Account::rename(std::string client) {
  const auto refusal = authenticator_.rename(channel_(), sender_, std::move(client));
  return refusal ? words("NOPERM", *refusal) : std::string();
}

std::string Account::admit(const std::string& stream) {
  if (!is_known_) {
    auto sender = authenticator_.identify(channel_(), {std::nullopt, sender_.client});
    if (!sender) return words("NOAUTH", sender.error());
    sender_ = std::move(*sender);
    is_known_ = true;
  }
  const auto refusal = sender_.forbids(stream);
  return refusal ? words("NOPERM", *refusal) : std::string();
}

void Account::forget(std::string client) {
  sender_ = auth::Sender{};
  sender_.client = std::move(client);
  is_known_ = false;
}

}  // namespace crawlspool::redis
