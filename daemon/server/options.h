// Computes what each part gets of the configuration, at the start and with each reload.
#pragma once

#include "config/model.h"
#include "daemon/commit/committer.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::server {

[[nodiscard]] spool::SpoolOptions spool_options(const config::Spool& config);
[[nodiscard]] commit::Committer::Options committer_options(const config::Spool& config);
[[nodiscard]] commit::Committer::LiveOptions live_options(const config::Spool& config);
// Returns the largest frame that may come.
[[nodiscard]] std::uint64_t frame_bytes_max(const config::Limits& limits);

}  // namespace crawlspool::server
