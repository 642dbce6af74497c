#include "daemon/auth/token.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>

#include "daemon/base/text.h"

namespace crawlspool::auth {
namespace {

constexpr std::size_t kNameBytesMax = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";

std::optional<std::uint8_t> hex_value(char c) {
  const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  const std::size_t value = kHexDigits.find(lower);
  if (value == std::string_view::npos) return {};
  return static_cast<std::uint8_t>(value);
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

base::Result<std::string> new_token() {
  std::string random(kTokenRandomBytes, '\0');
  // The kernel hands out up to 256 bytes whole, but a signal may come while it waits for its first entropy.
  ssize_t bytes = 0;
  do {
    bytes = ::getrandom(random.data(), random.size(), 0);
  } while (bytes < 0 && errno == EINTR);
  if (bytes != static_cast<ssize_t>(random.size())) return base::fail_errno("cannot get random bytes", errno);
  std::string token(kTokenPrefix);
  base::append_base64(token, random);
  token.erase(token.find_last_not_of('=') + 1);
  std::replace(token.begin(), token.end(), '+', '-');
  std::replace(token.begin(), token.end(), '/', '_');
  return token;
}

std::string hash_digits(const TokenHash& hash) {
  std::string digits;
  for (const std::uint8_t byte : hash) {
    digits += kHexDigits[byte >> 4U];
    digits += kHexDigits[byte & 0xFU];
  }
  return digits;
}

std::optional<TokenHash> parse_hash(std::string_view digits) {
  TokenHash hash{};
  if (digits.size() != 2 * hash.size()) return {};
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const auto high = hex_value(digits[2 * i]);
    const auto low = hex_value(digits[2 * i + 1]);
    if (!high || !low) return {};
    hash[i] = static_cast<std::uint8_t>(*high << 4U | *low);
  }
  return hash;
}

bool is_token_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && std::all_of(name.begin(), name.end(), is_name_character);
}

}  // namespace crawlspool::auth
