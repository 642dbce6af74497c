#include "daemon/session/key.h"

#include <algorithm>
#include <string>

#include "daemon/base/sha256.h"

namespace crawlspool::session {

spool::SessionKey session_key(std::string_view session) {
  std::string digits(session);
  std::transform(digits.begin(), digits.end(), digits.begin(),
                 [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
  const base::Sha256 digest = base::sha256(digits);
  spool::SessionKey key = 0;
  for (std::size_t i = 0; i < sizeof key; ++i) key = key << 8U | digest[i];
  return key;
}

}  // namespace crawlspool::session
