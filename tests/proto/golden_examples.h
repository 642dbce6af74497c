// The examples of PROTOCOL.md as bytes: the golden vectors of the wire. The document says how they are written
// ("Examples").
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crawlspool::proto {

// One line of an example: a frame, or what stands for one in another protocol.
struct GoldenBytes {
  bool is_from_client;
  std::string bytes;
};

using GoldenConnection = std::vector<GoldenBytes>;

struct GoldenExample {
  std::string title;
  std::vector<GoldenConnection> connections;  // in the order in which they are opened
};

// Throws std::runtime_error with the line's number where an example is not written as the document says.
[[nodiscard]] std::vector<GoldenExample> read_golden_examples(std::string_view document);

}  // namespace crawlspool::proto
