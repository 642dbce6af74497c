// The daemon's inputs: what a port speaks.
#pragma once

#include <cstddef>
#include <string_view>

namespace crawlspool::proto {

enum class Transport { kStream, kHttp, kAdmin };
inline constexpr std::size_t kRecordTransports = 2;  // the first two bring records

[[nodiscard]] constexpr std::string_view word(Transport transport) {
  return transport == Transport::kStream ? "stream" : transport == Transport::kHttp ? "http" : "admin";
}

}  // namespace crawlspool::proto
