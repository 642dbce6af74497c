// Says by what the command is known to a server, as its options and the environment have it: what TLS needs, and a
// token.
#pragma once

#include <string>

#include "cli/common/address.h"
#include "cli/common/tls_options.h"
#include "daemon/base/error.h"

namespace crawlspool::cli {

struct ServerOptions {
  TlsFiles tls;
  std::string token_file;  // empty: CRAWLSPOOL_TOKEN_FILE, or none
};

// Adds the options of TLS and --token-file, which outlives the parsing.
void add_server_options(CLI::App& command, ServerOptions& options);

// Gives `server` what the options say, as with_tls_files() does, and the token in the file. A token is no option
// itself: any user of the machine sees those. Fails with kUsage; no error has the token.
[[nodiscard]] base::Result<Address> with_server_options(Address server, const ServerOptions& options);

}  // namespace crawlspool::cli
