// The server's messages as bytes on the wire: plain frames (type 0), each one compact JSON object whose first key
// names the message; at most 64 KiB, details at most 512 bytes. Source: PROTOCOL.md, "Server messages".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/codes.h"

namespace crawlspool::proto {

inline constexpr std::size_t kDetailBytesMax = 512;

struct RejectMessage {
  std::uint64_t seq;
  RejectCode code;
  std::string_view detail;
  std::optional<std::uint64_t> offset;  // byte in the record where the trouble begins
};

struct ErrorMessage {
  ErrorWord code;
  std::string_view detail;
  std::optional<std::uint64_t> seq = std::nullopt;  // the number the refused frame's first record would have had
  std::string_view limit = {};                      // with kTooManyConnections: the key, and
  std::uint64_t max = 0;                            // its value
  std::optional<std::int64_t> reconnect_after_ms = std::nullopt;
};

struct GoodbyeMessage {
  GoodbyeReason reason;
  std::string_view detail;
  std::optional<std::int64_t> reconnect_after_ms = std::nullopt;
};

// Each appends one whole frame.
void append_ack(std::string& out, std::uint64_t seq);
void append_reject(std::string& out, const RejectMessage& message);
void append_pong(std::string& out, std::string_view ping_payload);  // valid JSON, or empty for null
void append_slow(std::string& out, SlowReason reason, std::int64_t retry_after_ms);
void append_resume(std::string& out);
void append_goodbye(std::string& out, const GoodbyeMessage& message);
void append_error(std::string& out, const ErrorMessage& message);

}  // namespace crawlspool::proto
