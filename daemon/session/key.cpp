#include "daemon/session/key.h"

#include <sha2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace crawlspool::session {

spool::SessionKey session_key(std::string_view session) {
  std::string digits(session);
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(digits.data()), digits.size());
  SHA256Final(digest.data(), &context);
  spool::SessionKey key = 0;
  for (std::size_t i = 0; i < sizeof key; ++i) key = key << 8U | digest[i];
  return key;
}

}  // namespace crawlspool::session
