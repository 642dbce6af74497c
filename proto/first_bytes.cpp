#include "proto/first_bytes.h"

#include <algorithm>
#include <array>

#include "proto/frame.h"

namespace crawlspool::proto {
namespace {

// Each is four bytes or the start of them.
constexpr std::array<std::string_view, 11> kHttpStarts{"GET ", "POST", "PUT ", "HEAD", "OPTI", "DELE",
                                                       "PATC", "CONN", "TRAC", "PRI ", "HTTP"};
constexpr std::array<std::string_view, 6> kRedisWords{"PING", "AUTH", "XADD", "INFO", "LPUS", "RPUS"};

constexpr std::uint32_t kPlausibleRecordBytes = 64U * 1024 * 1024;

// RESP: an array, bulk string or the like begins with its sign and a digit ("*5\r\n").
bool looks_like_resp(std::string_view header) {
  const bool sign = header[0] == '*' || header[0] == '$' || header[0] == '+' || header[0] == ':';
  return sign && header[1] >= '0' && header[1] <= '9' && (header[2] == '\r' || (header[2] >= '0' && header[2] <= '9'));
}

bool is_json_start(std::string_view header) {
  const std::size_t start = header.find_first_not_of(" \t\r\n");
  return start == 0 && (header[0] == '{' || header[0] == '[');
}

// An empty frame of another type than a record, and behind it what no header begins with.
bool is_empty_before_json(std::string_view header, std::string_view behind) {
  const FrameHeader as_sent = decode_header(header);
  return as_sent.type != static_cast<std::uint8_t>(FrameType::kRecord) && as_sent.length == 0 &&
         (behind.starts_with('{') || behind.starts_with('['));
}

// Read from the other end, the header is a likely record's length. A byte of JSON behind it rules out a frame that
// is merely too long or of a reserved type.
bool is_little_endian_length(std::string_view header, std::string_view behind, std::uint64_t record_bytes_max) {
  if (behind.empty() || std::string_view("{[\"tfn-0123456789 \t\r\n").find(behind.front()) == std::string_view::npos)
    return false;
  // A record of this size is rather one that is too large than a tiny one read backwards.
  const FrameHeader as_sent = decode_header(header);
  if (as_sent.type == static_cast<std::uint8_t>(FrameType::kRecord) && as_sent.length < kPlausibleRecordBytes)
    return false;
  std::array<char, kFrameHeaderBytes> reversed{header[3], header[2], header[1], header[0]};
  const FrameHeader swapped = decode_header({reversed.data(), reversed.size()});
  return swapped.type == 0 && swapped.length > 0 && swapped.length <= record_bytes_max;
}

}  // namespace

std::optional<std::string_view> recognise_header(std::string_view header, std::string_view behind, bool is_legal,
                                                 std::uint64_t record_bytes_max) {
  const std::string_view first = header.substr(0, kFrameHeaderBytes);
  if (std::find(kHttpStarts.begin(), kHttpStarts.end(), first) != kHttpStarts.end())
    return "this looks like HTTP; the HTTP endpoint has a port of its own";
  if (first[0] == 0x16 && first[1] == 0x03) return "this looks like TLS; this port speaks plain frames";
  if (first == "SSH-") return "this looks like SSH";
  if (looks_like_resp(first) || std::find(kRedisWords.begin(), kRedisWords.end(), first) != kRedisWords.end())
    return "this looks like a Redis client (RESP)";
  if (is_json_start(first))
    return "this looks like JSON without its length; send 4 bytes of big-endian length before each record";
  if ((!is_legal || is_empty_before_json(first, behind)) && is_little_endian_length(first, behind, record_bytes_max))
    return "this looks like a little-endian length; send the length big-endian";
  return std::nullopt;
}

std::optional<std::string_view> recognise_payload(std::string_view payload) {
  // logging.handlers.SocketHandler: a big-endian length, then a pickled dict of protocol 1, or of 2 to 5.
  if (payload.starts_with("}q") || (payload.size() >= 2 && payload[0] == '\x80' && payload[1] >= 2 && payload[1] <= 5))
    return "this looks like Python's pickled logging (SocketHandler); send JSON";
  return std::nullopt;
}

}  // namespace crawlspool::proto
