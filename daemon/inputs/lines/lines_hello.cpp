#include "daemon/inputs/lines/lines_hello.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "proto/first_bytes.h"
#include "proto/frame.h"

namespace crawlspool::lines {
namespace {

using nlohmann::json;

constexpr const char* kVersionMember = "crawlspool";

bool begins_json(char c) { return std::string_view("{[\"-0123456789tfn \t\r\n").find(c) != std::string_view::npos; }

}  // namespace

tl::expected<std::optional<LinesHello>, std::string> read_hello(std::string_view line) {
  if (line.size() > kHelloBytesMax || line.find(kVersionMember) == std::string_view::npos) return std::nullopt;
  json object = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object() || !object.contains(kVersionMember)) return std::nullopt;
  LinesHello read;
  if (const auto ack = object.find("ack"); ack != object.end()) {
    if (!ack->is_boolean()) return tl::unexpected(std::string("\"ack\" is true or false"));
    read.wants_answers = ack->get<bool>();
    object.erase(ack);
  }
  // The rest is that of a hello frame, which has another name for the version.
  object["protocol"] = object[kVersionMember];
  auto hello = proto::parse_hello(object.dump());
  if (!hello) return tl::unexpected(hello.error());
  read.hello = std::move(*hello);
  read.hello.heartbeat = false;
  if (read.hello.charset && !has_lines(*read.hello.charset))
    return tl::unexpected("in " + std::string(word(*read.hello.charset)) +
                          " no byte ends a line; send such records as frames, or one a request over HTTP");
  return read;
}

std::optional<std::string_view> recognise_first_bytes(std::string_view bytes) {
  if (bytes.empty() || begins_json(bytes.front())) return std::nullopt;
  if (bytes.starts_with("\x16\x03")) return "this looks like TLS; this port takes plain lines";
  if (bytes.size() >= proto::kFrameHeaderBytes)
    if (const auto other = proto::recognise_header(bytes, {}, true, std::numeric_limits<std::uint32_t>::max()))
      return other;
  if (static_cast<unsigned char>(bytes.front()) < ' ')
    return "this looks like frames, a length of 4 bytes before each record; they go to a port of listen.stream";
  return std::nullopt;
}

}  // namespace crawlspool::lines
