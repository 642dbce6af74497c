// Holds what a listener's TLS connections have in common: certificate, key, whom to trust. Made whole from files, and
// never changed: a renewed certificate is another context. Shared by all loops.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "daemon/base/error.h"

namespace crawlspool::net {

struct TlsOptions {
  enum class Verify { kNone, kWanted, kRequired };
  // What of a client's certificate is its name: its subject's common name, or its first alternative name that is a DNS
  // name, a URI or a mail address.
  enum class Identity { kNone, kCn, kSan };

  std::string certificate;  // a file: PEM, with what chains it to its authority
  std::string key;          // a file: PEM; others may not read it, and the group may not write it
  std::string client_ca;    // a file: PEM; needed where client certificates are verified
  std::string crl;          // a file: PEM; empty: none is revoked
  Verify verify = Verify::kNone;
  Identity identity = Identity::kNone;
  bool is_13_least = false;  // else TLS 1.2
  bool is_http = false;      // offers http/1.1 to clients that ask
  std::int64_t handshake_ms_max = 10'000;
};

class TlsContext {
 public:
  // Reads the files. kConfig names the file and what is wrong with it: that it cannot be read, rights of the key that
  // are too wide, a key that is not the certificate's.
  [[nodiscard]] static base::Result<std::shared_ptr<const TlsContext>> load(const TlsOptions& options);

  // Returns a new server's end of a connection, for the caller to free. Ends the process where memory is refused.
  [[nodiscard]] SSL* new_connection() const;

  [[nodiscard]] std::int64_t handshake_ms_max() const { return handshake_ms_max_; }
  [[nodiscard]] TlsOptions::Identity identity() const { return identity_; }
  // When the certificate ends, in seconds since 1970.
  [[nodiscard]] std::int64_t not_after_s() const { return not_after_s_; }

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };

  TlsContext() = default;
  base::Result<void> take_own(const TlsOptions& options);
  base::Result<void> take_clients(const TlsOptions& options);

  std::unique_ptr<SSL_CTX, Free> context_;
  std::int64_t handshake_ms_max_ = 0;
  TlsOptions::Identity identity_ = TlsOptions::Identity::kNone;
  std::int64_t not_after_s_ = 0;
};

// Returns OpenSSL's latest error of this thread in words, and forgets all of them.
[[nodiscard]] std::string take_tls_error();

}  // namespace crawlspool::net
