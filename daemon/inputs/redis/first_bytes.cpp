#include "daemon/inputs/redis/first_bytes.h"

#include <limits>

#include "daemon/inputs/redis/push_command.h"
#include "proto/first_bytes.h"
#include "proto/frame.h"

namespace crawlspool::redis {
namespace {

constexpr std::string_view kHttp = "this looks like HTTP; the HTTP endpoint has a port of its own";

}  // namespace

std::optional<std::string_view> recognise_first_bytes(std::string_view bytes) {
  if (bytes.empty() || bytes.front() == '*') return std::nullopt;
  if (bytes.starts_with("\x16\x03")) return "this looks like TLS; this port takes plain RESP";
  if (bytes.front() == '{' || bytes.front() == '[')
    return "this looks like lines of JSON; they go to a port of listen.lines";
  if (static_cast<unsigned char>(bytes.front()) < ' ' && bytes.front() != '\r' && bytes.front() != '\n')
    return "this looks like frames, a length of 4 bytes before each record; they go to a port of listen.stream";
  if (bytes.size() < proto::kFrameHeaderBytes) return std::nullopt;
  const auto other = proto::recognise_header(bytes, {}, true, std::numeric_limits<std::uint32_t>::max());
  return other && other->find("Redis") == std::string_view::npos ? other : std::nullopt;
}

std::optional<std::string_view> recognise_command(std::span<const std::string_view> parts) {
  const bool is_request_line = parts.size() == 3 && parts[2].starts_with("HTTP/");
  if (is_request_line || is_word(parts[0], "HOST:") || is_word(parts[0], "POST")) return kHttp;
  return std::nullopt;
}

}  // namespace crawlspool::redis
