// Says what the command's options and environment say about TLS, and gives it to the address of a server that speaks
// it.
#pragma once

#include <string>

#include "cli/common/address.h"
#include "cli/common/tls.h"
#include "daemon/base/error.h"

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
}

namespace crawlspool::cli {

// Adds --tls-ca, --tls-certificate and --tls-key, which outlives the parsing.
void add_tls_options(CLI::App& command, TlsFiles& files);

// Gives `server` the files of the options, or else of CRAWLSPOOL_TLS_CA, CRAWLSPOOL_TLS_CERTIFICATE and
// CRAWLSPOOL_TLS_KEY, and reads them once, so that what is wrong with one is known before anything else is done. Fails
// with kUsage; that is also so where options for TLS stand beside a server without it.
[[nodiscard]] base::Result<Address> with_tls_files(Address server, const TlsFiles& options);

}  // namespace crawlspool::cli
