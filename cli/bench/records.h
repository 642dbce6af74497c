// The records that every mode sends: one after the other, and from the first again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/error.h"

namespace crawlspool::bench {

struct Records {
  std::string name;                // for people: where they are from, without what could steer a terminal
  std::vector<std::string> texts;  // one record each, JSON without a \n; at least one
};

// Repeats them as a whole until there are enough for batches, and for sending many at once.
void repeat_few(Records& records);

// The message of the measurement that this project began with, `count` times.
[[nodiscard]] Records origin_records(std::uint64_t count);

// Returns the records of an NDJSON file, `-` being standard input: as many as fit into 64 MiB. Fails where there is
// none.
[[nodiscard]] base::Result<Records> read_records(const std::string& file);

}  // namespace crawlspool::bench
