// Decodes the header by which a balancer says whose connection it passes on: the PROXY protocol, version 1 (a line) and
// 2 (binary). Bounds what it keeps. Source: haproxy's proxy-protocol.txt.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/base/endpoint.h"

namespace crawlspool::net {

class ProxyHeaderDecoder {
 public:
  static constexpr std::size_t kBytesMax = 4096;  // of a header with all that a balancer adds to it

  enum class Step { kNeedMore, kDone, kRefused };

  // Takes of `input` what belongs to the header, and nothing behind it. Not called again after kDone or kRefused.
  [[nodiscard]] Step next(std::string_view& input);

  // After kDone: whose connection it is. Nothing where the balancer speaks for itself (a check of health), or does not
  // know, or passes on a connection that has no IP address.
  [[nodiscard]] const std::optional<base::Endpoint>& source() const { return source_; }
  // After kRefused: what is wrong, in words for the log.
  [[nodiscard]] const std::string& detail() const { return detail_; }

 private:
  Step take_line(std::string_view& input);
  Step take_binary(std::string_view& input);
  Step read_line(std::string_view line);
  Step read_binary();
  [[nodiscard]] Step refuse(std::string_view why);

  std::string received_;
  std::optional<base::Endpoint> source_;
  std::string detail_;
};

}  // namespace crawlspool::net
