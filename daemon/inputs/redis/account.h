// Who the client of one connection has proved to be, by AUTH, HELLO or the way it comes. On the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/auth/authenticator.h"

namespace crawlspool::redis {

class Account {
 public:
  using Channel = std::function<auth::Channel()>;

  // Both outlive it. `client` is what it is called until it gives a name.
  Account(auth::Authenticator& authenticator, Channel channel, std::string client)
      : authenticator_(authenticator), channel_(std::move(channel)) {
    sender_.client = std::move(client);
  }

  // These return a Redis error with its word in front, or nothing. It gives a token, and says that it is `client`.
  [[nodiscard]] std::string authenticate(std::string client, std::string_view token);
  // It says that it is another client.
  [[nodiscard]] std::string rename(std::string client);
  // It pushes to a stream.
  [[nodiscard]] std::string admit(const std::string& stream);

  [[nodiscard]] const auth::Sender& sender() const { return sender_; }
  // Returns for how long the answer to a failed token is to wait, once.
  [[nodiscard]] std::int64_t take_wait_ms() { return std::exchange(wait_ms_, 0); }
  // As if it had just connected.
  void forget(std::string client);

 private:
  auth::Authenticator& authenticator_;
  const Channel channel_;
  auth::Sender sender_;
  bool is_known_ = false;
  std::int64_t wait_ms_ = 0;
};

}  // namespace crawlspool::redis
