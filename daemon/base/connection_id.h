// Names a connection in the log, the spool and the daemon.
#pragma once

#include <cstdint>

namespace crawlspool::base {

using ConnectionId = std::uint64_t;  // from 1, never used twice in a process

}  // namespace crawlspool::base
