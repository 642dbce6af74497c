// The name in a client's certificate, as tls.identity says where it stands. Any thread.
#pragma once

#include <openssl/types.h>

#include <string>

#include "daemon/net/tls_context.h"

namespace crawlspool::net {

// Returns the bytes as the certificate has them, which may be no client's name; empty: there is none.
[[nodiscard]] std::string certificate_name(const X509& certificate, TlsOptions::Identity identity);

}  // namespace crawlspool::net
