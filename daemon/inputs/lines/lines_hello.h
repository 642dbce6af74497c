// The first line of a connection of lines, where it is more than a record. Source: PROTOCOL.md, "Lines".
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/hello.h"

namespace crawlspool::lines {

// A longer line is none.
inline constexpr std::size_t kHelloBytesMax = 4096;

struct LinesHello {
  proto::Hello hello;
  bool wants_answers = false;
};

// Returns the hello that a valid JSON `line` is, nothing for a record, or in words what is wrong with a hello.
[[nodiscard]] tl::expected<std::optional<LinesHello>, std::string> read_hello(std::string_view line);

// What else than lines a connection speaks, by its first bytes; nothing if it may be lines.
[[nodiscard]] std::optional<std::string_view> recognise_first_bytes(std::string_view bytes);

}  // namespace crawlspool::lines
