// Records of a file to measure with.
#pragma once

#include "cli/bench/records.h"
#include "daemon/base/error.h"

namespace crawlspool::cli {

// Those of an NDJSON file, `-` being standard input; as many as fit into 64 MiB. Fails where there is none.
[[nodiscard]] base::Result<bench::Records> read_bench_records(const std::string& file);

}  // namespace crawlspool::cli
