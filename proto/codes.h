// Every word with which the server turns something down or ends a connection: the one table behind the wire, HTTP,
// the logs and /status. Source: PROTOCOL.md, "Server messages".
#pragma once

#include <cstddef>
#include <string_view>

namespace crawlspool::proto {

// Why one record was not stored; the connection goes on.
enum class RejectCode { kInvalidJson, kInvalidUtf8, kEmptyRecord, kTooDeep, kRecordTooLarge, kInvalidCharset };
inline constexpr std::size_t kRejectCodes = 6;

// Why the server ends a connection with `error`.
enum class ErrorWord {
  kWrongProtocol,
  kFrameTooLarge,
  kFrameTimeout,
  kUnknownFrameType,
  kBadFrame,
  kBadHello,
  kBadBatch,
  kSessionMismatch,
  kTooManySessions,
  kTooManyConnections,
  kUnauthorized,
  kForbidden,
  kSlowReader,
  kNumbersUsedUp,
  kSpoolFailed,
};

// Why the server ends a connection with `goodbye`.
enum class GoodbyeReason { kBye, kIdleTimeout, kDraining, kSuperseded, kRebalance };

// Why the server does not read a connection for now.
enum class SlowReason { kDiskFull, kSpoolBusy, kMemory, kNoDescriptors, kAmplification, kRate };

[[nodiscard]] std::string_view word(RejectCode code);
[[nodiscard]] std::string_view word(ErrorWord code);
[[nodiscard]] std::string_view word(GoodbyeReason reason);
[[nodiscard]] std::string_view word(SlowReason reason);

}  // namespace crawlspool::proto
