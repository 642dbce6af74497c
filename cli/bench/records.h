// Holds the records that every mode sends: one after the other, and then from the first again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/error.h"

namespace crawlspool::bench {

struct Records {
  std::string name;                // says where they are from, without what could steer a terminal
  std::vector<std::string> texts;  // holds a record each, JSON without a \n; there is at least one
};

// Repeats all of them until there are enough for batches, and for sending many at once.
void repeat_few(Records& records);

// Returns the record {"aaa": "bbb"}, `count` times.
[[nodiscard]] Records origin_records(std::uint64_t count);

// Returns the records of an NDJSON file, `-` being standard input: as many as fit into 64 MiB. Fails where there is
// none.
[[nodiscard]] base::Result<Records> read_records(const std::string& file);

}  // namespace crawlspool::bench
