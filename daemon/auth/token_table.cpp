#include "daemon/auth/token_table.h"

#include <fnmatch.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace crawlspool::auth {
namespace {

// 1 or 0. Looks at every byte, equal or not.
unsigned is_equal(const TokenHash& a, const TokenHash& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return static_cast<unsigned>(difference == 0);
}

// An order of hashes that looks at every byte and takes no branch: whether `a` is above `b`, 1 or 0. An order that ends
// at the first difference takes longer where two are equal, and so gives an expired token away.
std::size_t is_above(const TokenHash& a, const TokenHash& b) {
  constexpr std::size_t kWords = sizeof(TokenHash) / sizeof(std::uint64_t);
  std::array<std::uint64_t, kWords> left{};
  std::array<std::uint64_t, kWords> right{};
  std::memcpy(left.data(), a.data(), a.size());
  std::memcpy(right.data(), b.data(), b.size());
  std::uint64_t above = 0;  // the borrow of right - left
  for (std::size_t i = 0; i < kWords; ++i) {
    std::uint64_t rest = 0;
    const bool borrows = __builtin_sub_overflow(right[i], left[i], &rest);
    const bool borrows_again = __builtin_sub_overflow(rest, above, &rest);
    above = static_cast<std::uint64_t>(borrows) | static_cast<std::uint64_t>(borrows_again);
  }
  return above;
}

}  // namespace

bool matches(const Patterns& patterns, const std::string& name) {
  return std::any_of(patterns.begin(), patterns.end(), [&name](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
  });
}

TokenTable::TokenTable(std::vector<Token> tokens) : tokens_(std::move(tokens)) {
  for (const Token& token : tokens_) names_.push_back(token.name);
  std::sort(names_.begin(), names_.end());
  names_.erase(std::unique(names_.begin(), names_.end()), names_.end());
  // Its hash is below all others, so that a search always ends at a token.
  Token never;
  never.not_after_us = std::numeric_limits<std::int64_t>::min();
  tokens_.push_back(std::move(never));
  std::sort(tokens_.begin(), tokens_.end(),
            [](const Token& a, const Token& b) { return is_above(b.hash, a.hash) != 0; });
}

const Token* TokenTable::find(std::string_view secret, std::int64_t now_us) const {
  const TokenHash hash = hash_token(secret);
  // The last token whose hash is not above: the number of steps depends on the table's size alone.
  std::size_t first = 0;
  for (std::size_t count = tokens_.size(); count > 1;) {
    const std::size_t half = count / 2;
    first += half * (1 - is_above(tokens_[first + half].hash, hash));
    count -= half;
  }
  const Token& nearest = tokens_[first];
  // Volatile, lest the compiler makes a branch of what is asked first.
  volatile unsigned is_known = is_equal(nearest.hash, hash);
  volatile auto is_in_time = static_cast<unsigned>(now_us <= nearest.not_after_us);
  return (is_known & is_in_time) != 0 ? &nearest : nullptr;
}

Rate TokenTable::rate_of(const std::string& name) const {
  for (const Token& token : tokens_)
    if (token.name == name) return token.rate;
  return {};
}

}  // namespace crawlspool::auth
