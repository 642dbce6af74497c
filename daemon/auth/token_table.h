// The tokens that a server knows, by their SHA-256, with what each may do. Made whole from a file and constant
// afterwards: any number of threads read it. A look-up does the same work whatever the token is; one that expired and
// is still in the file takes some 2 ns longer than an unknown one.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/auth/token.h"

namespace crawlspool::auth {

// Names that a pattern allows: `*` stands for any bytes, also none and also '/', `?` for one, `[abc]` for one of some.
using Patterns = std::vector<std::string>;
[[nodiscard]] bool matches(const Patterns& patterns, const std::string& name);

// A name's rate: 0 is no limit.
struct Rate {
  std::uint64_t records_per_s = 0;
  std::uint64_t bytes_per_s = 0;
  friend bool operator==(const Rate&, const Rate&) = default;
};

inline constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();

struct Token {
  std::string name;
  TokenHash hash{};
  Patterns streams{"*"};
  Patterns clients{"*"};
  Rate rate;                             // the same for all tokens of a name
  std::int64_t not_after_us = kForever;  // wall clock; the last moment at which it is taken
};

class TokenTable {
 public:
  // No two tokens have the same hash.
  explicit TokenTable(std::vector<Token> tokens = {});

  // Returns the token that `secret` is, nothing where it is unknown or was taken until before `now_us`. Lives as long
  // as the table.
  [[nodiscard]] const Token* find(std::string_view secret, std::int64_t now_us) const;

  [[nodiscard]] std::size_t size() const { return tokens_.size() - 1; }
  // Returns the rate of all tokens of a name; none where there is no such name.
  [[nodiscard]] Rate rate_of(const std::string& name) const;
  // Each name once, sorted.
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }

 private:
  std::vector<Token> tokens_;  // sorted by hash, behind one that never is taken
  std::vector<std::string> names_;
};

}  // namespace crawlspool::auth
