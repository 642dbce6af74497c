#include "cli/bench/mode.h"

#include <algorithm>
#include <array>

namespace crawlspool::bench {
namespace {

constexpr std::array<ModeInfo, 9> kModes{{
    {Mode::kHttpClose, "http-close", "HTTP, a connection a record", Transport::kHttp, false, false},
    {Mode::kHttpKeepAlive, "http-keep-alive", "HTTP, keep-alive", Transport::kHttp, false, false},
    {Mode::kHttpNdjson, "http-ndjson", "HTTP, NDJSON bodies", Transport::kHttp, false, true},
    {Mode::kOneAtATime, "one-at-a-time", "socket, one at a time", Transport::kStream, false, false},
    {Mode::kPipelined, "pipelined", "socket, pipelined", Transport::kStream, true, false},
    {Mode::kBatches, "batches", "socket, batches", Transport::kStream, true, true},
    {Mode::kZstdBatches, "zstd-batches", "socket, zstd batches", Transport::kStream, true, true},
    {Mode::kRedisOneAtATime, "redis-one-at-a-time", "redis XADD, one at a time", Transport::kRedis, false, false},
    {Mode::kRedisPipelined, "redis-pipelined", "redis XADD, pipelined", Transport::kRedis, true, false},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kModes.size(); ++i)
    if (static_cast<std::size_t>(kModes[i].mode) != i) return false;
  return true;
}
static_assert(in_order(), "info() finds a mode by its place");

}  // namespace

std::span<const ModeInfo> all_modes() { return kModes; }

const ModeInfo& info(Mode mode) { return kModes[static_cast<std::size_t>(mode)]; }

std::optional<Mode> parse_mode(std::string_view name) {
  const auto* const found =
      std::find_if(kModes.begin(), kModes.end(), [&](const ModeInfo& mode) { return mode.name == name; });
  return found == kModes.end() ? std::nullopt : std::optional(found->mode);
}

std::string mode_names() {
  std::string names;
  for (const ModeInfo& mode : kModes) {
    if (mode.transport == Transport::kRedis) continue;
    if (!names.empty()) names += ", ";
    names += mode.name;
  }
  return names;
}

}  // namespace crawlspool::bench
