// What a client says of itself first. Source: PROTOCOL.md, "Hello".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "proto/charsets.h"

namespace crawlspool::proto {

inline constexpr int kProtocolVersion = 1;

// When a record is acknowledged: once it is on the disk, or once it is written to the file.
enum class AckLevel { kSynced, kWritten };
[[nodiscard]] std::string_view word(AckLevel level);

struct Hello {
  std::string client;      // empty: none was given
  std::string stream;      // empty: none was given
  std::string session;     // 32 hex digits as sent; empty: none was given
  std::uint64_t from = 1;  // the lowest number the client may still send
  AckLevel ack = AckLevel::kSynced;
  bool heartbeat = false;
  std::optional<Charset> charset;    // its records come in; nothing: none was given
  std::optional<std::string> token;  // a secret; nothing: none was given
};

inline constexpr std::size_t kTokenBytesMax = 1024;

// The error says in words what is wrong with it, and quotes nothing of it.
[[nodiscard]] tl::expected<Hello, std::string> parse_hello(std::string_view payload);

}  // namespace crawlspool::proto
