// Recognises who speaks something else than RESP to this port, so that the refusal can name it.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace crawlspool::redis {

// By a connection's first bytes; nothing where they may be a Redis client's.
[[nodiscard]] std::optional<std::string_view> recognise_first_bytes(std::string_view bytes);
// By an inline command: a line of a request's head.
[[nodiscard]] std::optional<std::string_view> recognise_command(std::span<const std::string_view> parts);

}  // namespace crawlspool::redis
