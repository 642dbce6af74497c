// What a Redis client says of itself and asks beside its items, and what is answered: who it is, which version of RESP
// it speaks, and what its library looks up when it connects. Knows nothing of records and of the connection. Source:
// PROTOCOL.md, "Redis".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "daemon/inputs/redis/account.h"
#include "daemon/inputs/redis/resp_replies.h"

namespace crawlspool::redis {

class ClientTalk {
 public:
  using Parts = std::span<const std::string_view>;
  enum class After {
    kGoOn,
    kNamed,  // the account has changed
    kEnd,    // the client has said goodbye
  };

  // `client` is what it is called until it gives a name; `id` is that of the connection. `account` outlives it.
  ClientTalk(Account& account, std::string client, std::uint64_t id)
      : account_(account), default_client_(std::move(client)), id_(id) {}

  // Appends the answer to `reply`; nothing where it is not one of the commands that are served here. `parts` has one at
  // least.
  [[nodiscard]] std::optional<After> answer(Parts parts, std::string& reply);

 private:
  struct Command;
  static const Command kCommands[];

  After auth(Parts parts, std::string& reply);
  After hello(Parts parts, std::string& reply);
  After client_command(Parts parts, std::string& reply);
  After reset(std::string& reply);
  [[nodiscard]] std::string read_hello(Parts options, std::string_view& name);
  [[nodiscard]] std::string authenticate(std::string_view user, std::string_view password);
  [[nodiscard]] std::string set_name(std::string_view name);
  // The name that it gave itself, else the user that it gave, else the one from the start.
  [[nodiscard]] const std::string& client() const;

  Account& account_;
  const std::string default_client_;
  const std::uint64_t id_;
  RespVersion version_ = RespVersion::k2;
  std::string name_;
  std::string user_;
};

// Returns the answer to what is not served, in words behind "ERR ".
[[nodiscard]] std::string unknown_command(std::span<const std::string_view> parts);

}  // namespace crawlspool::redis
