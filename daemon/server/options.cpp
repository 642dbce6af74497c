#include "daemon/server/options.h"

#include <algorithm>

namespace crawlspool::server {
namespace {

session::SessionRegister::Limits session_limits(const config::Spool& config) {
  return {config.sessions_max, config.session_age_ms_max};
}

}  // namespace

spool::SpoolOptions spool_options(const config::Spool& config) {
  spool::SpoolOptions options;
  options.keep_free_bytes = config.keep_free_bytes;
  options.rejected_bytes_max = config.rejected_bytes_max;
  options.segment_bytes_max = config.segment_bytes_max;
  options.segment_age_ms_max = config.segment_age_ms_max;
  options.maintenance.compress = config.compression == config::Compression::kZstd;
  options.maintenance.keep_free_bytes = config.keep_free_bytes;
  options.maintenance.retention = {config.retention_bytes_max, config.retention_age_ms_max,
                                   config.retention_ignores_cursors};
  return options;
}

commit::Committer::Options committer_options(const config::Spool& config) {
  return {config.sync, config.sync_interval_ms, session_limits(config)};
}

commit::Committer::LiveOptions live_options(const config::Spool& config) {
  return {session_limits(config), spool_options(config)};
}

std::uint64_t frame_bytes_max(const config::Limits& limits) {
  return std::max(limits.record_bytes_max, limits.batch_bytes_max);
}

}  // namespace crawlspool::server
