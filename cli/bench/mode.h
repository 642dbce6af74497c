// Lists the ways to bring records to a server that are compared: from the usual one, a request and a connection for
// each record, to what the protocol has for those in a hurry, and the two of a Redis stream.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "proto/hello.h"

namespace crawlspool::bench {

enum class Mode {
  kHttpClose,
  kHttpKeepAlive,
  kHttpNdjson,
  kOneAtATime,
  kPipelined,
  kBatches,
  kZstdBatches,
  kRedisOneAtATime,
  kRedisPipelined,
};

enum class Transport { kHttp, kStream, kRedis };

using proto::AckLevel;

struct ModeInfo {
  Mode mode;
  std::string_view name;   // on the command line and in JSON
  std::string_view title;  // for people
  Transport transport;
  bool is_pipelined;  // it sends on before what it sent is acked
  bool is_batched;    // a request holds several records
};

// Returns them in the order in which they are shown.
[[nodiscard]] std::span<const ModeInfo> all_modes();
[[nodiscard]] const ModeInfo& info(Mode mode);
[[nodiscard]] std::optional<Mode> parse_mode(std::string_view name);
// Returns "http-close, …", without those of Redis.
[[nodiscard]] std::string mode_names();

}  // namespace crawlspool::bench
