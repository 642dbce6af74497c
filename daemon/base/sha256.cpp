#include "daemon/base/sha256.h"

#include <sha2.h>

namespace crawlspool::base {

Sha256 sha256(std::string_view bytes) {
  static_assert(SHA256_DIGEST_LENGTH == Sha256{}.size());
  Sha256 digest{};
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  SHA256Final(digest.data(), &context);
  return digest;
}

}  // namespace crawlspool::base
