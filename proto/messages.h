// The server's messages as bytes on the wire: plain frames (type 0) or lines, each one compact JSON object whose first
// key names the message; at most 64 KiB, details at most 512 bytes. Source: PROTOCOL.md, "Server messages".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "proto/codes.h"
#include "proto/hello.h"

namespace crawlspool::proto {

inline constexpr std::size_t kDetailBytesMax = 512;

struct WelcomeMessage {
  std::string_view server;     // name and version
  std::uint64_t last_seq = 0;  // the next record is number last_seq + 1
  bool known = false;          // the server remembers the session
  std::uint64_t rejected = 0;  // of the session's records so far
  AckLevel ack = AckLevel::kSynced;
  std::uint64_t record_bytes_max = 0;
  std::uint64_t batch_bytes_max = 0;
  std::uint64_t batch_records_max = 0;
  std::int64_t idle_timeout_ms = 0;
};

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
  std::string_view limit = {};                      // with kTooMany…: the key, and
  std::uint64_t max = 0;                            // its value
  std::optional<std::int64_t> reconnect_after_ms = std::nullopt;
};

struct GoodbyeMessage {
  GoodbyeReason reason;
  std::string_view detail;
  std::optional<std::int64_t> reconnect_after_ms = std::nullopt;
};

// How one message is separated from the next: by a frame's header before it, or by a line's end behind it.
enum class Framing : std::uint8_t { kFrames, kLines };

// Each appends one whole message.
void append_welcome(std::string& out, const WelcomeMessage& message, Framing framing = Framing::kFrames);
void append_ack(std::string& out, std::uint64_t seq, Framing framing = Framing::kFrames);
void append_reject(std::string& out, const RejectMessage& message, Framing framing = Framing::kFrames);
// `ping_payload` is valid JSON, or empty for null.
void append_pong(std::string& out, std::string_view ping_payload, Framing framing = Framing::kFrames);
void append_ping(std::string& out, Framing framing = Framing::kFrames);  // its payload is null
void append_slow(std::string& out, SlowReason reason, std::int64_t retry_after_ms, Framing framing = Framing::kFrames);
void append_resume(std::string& out, Framing framing = Framing::kFrames);
void append_goodbye(std::string& out, const GoodbyeMessage& message, Framing framing = Framing::kFrames);
void append_error(std::string& out, const ErrorMessage& message, Framing framing = Framing::kFrames);

}  // namespace crawlspool::proto
