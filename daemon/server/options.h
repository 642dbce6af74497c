// What of the configuration each part is told, at the start and with each reload.
#pragma once

#include "config/model.h"
#include "daemon/ingest/committer.h"
#include "daemon/spool/write/spool.h"

namespace crawlspool::server {

[[nodiscard]] spool::SpoolOptions spool_options(const config::Spool& config);
[[nodiscard]] ingest::Committer::Options committer_options(const config::Spool& config);
[[nodiscard]] ingest::Committer::LiveOptions live_options(const config::Spool& config);
// The largest frame that may come.
[[nodiscard]] std::uint64_t frame_bytes_max(const config::Limits& limits);

}  // namespace crawlspool::server
