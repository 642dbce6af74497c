// Makes a TCP connection to a server that may be named, whichever of its addresses answers.
#pragma once

#include "cli/common/address.h"
#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::cli {

// Tries each address of the host in turn, at most 10 s each; gives up when a stop is requested. The socket does not
// block and has no Nagle's delay.
[[nodiscard]] base::Result<base::UniqueFd> dial(const Address& server);

}  // namespace crawlspool::cli
