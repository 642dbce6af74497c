// Writes /metrics: the daemon's counters in the text format of Prometheus, made when they are scraped. Each is
// described in systemd/OPERATIONS.md, "Metrics". Used on the first loop's thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/admin/server_facts.h"
#include "daemon/connection/io_loop.h"
#include "daemon/spool/recovery/recovery.h"

namespace crawlspool::admin {

// `state` as /status has it.
[[nodiscard]] std::string metrics_text(const connection::Shared& shared, const config::Config& config,
                                       const spool::RecoveryReport& recovery, std::string_view state,
                                       const std::vector<CertificateFacts>& certificates,
                                       const std::vector<DatagramFacts>& datagrams);

}  // namespace crawlspool::admin
