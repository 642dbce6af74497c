// What the server says, as far as this command understands it. Source: PROTOCOL.md, "Server messages".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::cli {

struct Reply {
  enum class Kind { kAck, kReject, kSlow, kResume, kGoodbye, kError, kOther };

  Kind kind = Kind::kOther;          // kOther: another message, or none at all; to be ignored
  std::optional<std::uint64_t> seq;  // kAck, kReject: always; kError: if one record is to blame
  std::string word;                  // code or reason
  std::string detail;
  std::optional<std::uint64_t> offset;  // kReject: byte in the record, if known
};

[[nodiscard]] Reply parse_reply(std::string_view payload);

}  // namespace crawlspool::cli
