// What the server says, as far as a client that sends records understands it. Source: PROTOCOL.md, "What the server
// sends".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::client {

struct Welcome {
  std::uint64_t last_seq = 0;
  bool known = true;
  std::uint64_t rejected = 0;
  bool acks_are_synced = true;
  // 0: the server names none.
  std::uint64_t record_bytes_max = 0;
  std::uint64_t batch_bytes_max = 0;
  std::uint64_t batch_records_max = 0;
};

struct Reply {
  enum class Kind { kWelcome, kAck, kReject, kPing, kSlow, kResume, kGoodbye, kError, kOther };

  Kind kind = Kind::kOther;          // kOther: another message, or none at all; to be ignored
  std::optional<std::uint64_t> seq;  // kAck, kReject: always; kError: if one frame is to blame
  std::string word;                  // code or reason
  std::string detail;
  std::optional<std::uint64_t> offset;             // kReject: byte in the record, if known
  std::optional<std::int64_t> reconnect_after_ms;  // kGoodbye, kError
  std::string payload;                             // kPing: one JSON value, or empty
  Welcome welcome;                                 // kWelcome
};

[[nodiscard]] Reply parse_reply(std::string_view payload);

}  // namespace crawlspool::client
