// Says who a sender is and whether it may send, by what it shows: its token, its user on this machine, its
// certificate. Owns the tokens in force, what each name has brought, and the count of failed tokens. Shared by all
// loops, thread-safe. Source: PROTOCOL.md, "Tokens".
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "config/model.h"
#include "daemon/auth/failed_tokens.h"
#include "daemon/auth/gate.h"
#include "daemon/auth/token_store.h"
#include "daemon/auth/usage.h"
#include "daemon/base/clock.h"
#include "daemon/base/endpoint.h"

namespace crawlspool::auth {

// The way by which a sender comes, and what that alone says of it.
struct Channel {
  const base::Peer& peer;
  bool is_encrypted = false;
  std::string certificate_name;  // verified; empty: it showed none, or tls.identity is none
};

// What a sender says of itself.
struct Claims {
  std::optional<std::string_view> token;  // nothing: it gave none
  std::string client;                     // empty: it gave none
};

// Who a sender was found to be.
struct Sender {
  std::string client;                   // as it says, or as its certificate does
  std::string user;                     // the token's name, or the uid's; empty: it is nobody in particular
  std::shared_ptr<const Token> rights;  // nullptr: it may write everything
  std::shared_ptr<Usage> usage;         // nullptr where it has no user

  // Returns why it may not write to `stream`; nothing if it may.
  [[nodiscard]] std::optional<Refusal> forbids(const std::string& stream) const {
    return rights ? forbid_stream(*rights, stream) : std::nullopt;
  }
};

class Authenticator {
 public:
  // `clock` outlives it.
  Authenticator(const config::Config& config, const base::Clock& clock);

  // Reads the tokens: kConfig as TokenStore has it. At the start.
  [[nodiscard]] base::Result<void> load();
  // Looks whether the files of tokens have changed, and logs what came of it; `is_asked`: reads them in any case. May
  // wait for a disk. Before load() it does nothing. Any thread.
  void refresh(bool is_asked);
  // What of the configuration counts without a restart.
  void set_config(const config::Config& config);

  // A refusal's `wait_ms` says how long its answer is to wait. What is refused is logged.
  [[nodiscard]] tl::expected<Sender, Refusal> identify(const Channel& channel, const Claims& claims);
  // `sender` says that it is another client now: nothing if it may.
  [[nodiscard]] std::optional<Refusal> rename(const Channel& channel, Sender& sender, std::string client) const;
  // Of the admin port: nothing, or why not.
  [[nodiscard]] std::optional<Refusal> refuse_operator(const Channel& channel, std::optional<std::string_view> token);

  [[nodiscard]] std::uint64_t failed_total() const { return failed_.total(); }
  // What each name of a token or uid has brought, sorted.
  [[nodiscard]] std::map<std::string, std::uint64_t> records_by_name() const;

 private:
  // What set_config() swaps whole.
  struct Rules {
    bool is_required = false;
    bool takes_plain_tokens = false;
    bool has_certificate_names = false;
    Patterns plain_clients;
    std::map<uid_t, std::string> names_of_uids;
  };
  using RulesPtr = std::shared_ptr<const Rules>;

  [[nodiscard]] RulesPtr rules() const;
  [[nodiscard]] tl::expected<Sender, Refusal> sender_of(const Channel& channel, const Claims& claims,
                                                        const Rules& rules);
  [[nodiscard]] tl::expected<std::shared_ptr<const Token>, Refusal> check_token(const Channel& channel,
                                                                                std::string_view token,
                                                                                TokenStore& store, bool takes_plain);
  [[nodiscard]] static std::optional<Refusal> refuse_client(const Channel& channel, const std::string& client,
                                                            const Rules& rules);
  [[nodiscard]] std::shared_ptr<Usage> usage_of(const std::string& name);
  void take_over_rates();
  void refresh(TokenStore& store, const std::string& file, bool is_asked);

  const base::Clock& clock_;
  const std::string tokens_file_;
  const std::string admin_file_;
  TokenStore tokens_;
  TokenStore admin_tokens_;
  FailedTokens failed_;
  std::atomic<bool> is_loaded_{false};
  mutable std::mutex mutex_;  // of the two below
  RulesPtr rules_;
  std::map<std::string, std::shared_ptr<Usage>> usages_;  // of names that files and uids have: bounded by these
};

}  // namespace crawlspool::auth
