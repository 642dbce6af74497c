#include "daemon/connection/running_time.h"

#include "daemon/base/log.h"

namespace crawlspool::connection {

void RunningTime::skip(std::int64_t gap_ms) {
  skipped_ms_ += gap_ms - kCountedMs;
  base::log_warn("not_running", {{"gap_ms", gap_ms}});
}

}  // namespace crawlspool::connection
