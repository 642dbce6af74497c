#include "clients/cpp/hello.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "daemon/base/check.h"
#include "proto/frame.h"
#include "proto/names.h"

namespace crawlspool::client {
namespace {

constexpr std::size_t kNameBytesMax = 128;
constexpr const char* kNameless = "unnamed";

}  // namespace

void append_hello(std::string& out, const proto::Hello& hello) {
  nlohmann::ordered_json object{{"protocol", proto::kProtocolVersion}};
  if (!hello.client.empty()) object["client"] = hello.client;
  if (!hello.session.empty()) object["session"] = hello.session;
  if (hello.from != 1) object["from"] = hello.from;
  if (!hello.stream.empty()) object["stream"] = hello.stream;
  if (hello.ack != proto::AckLevel::kSynced) object["ack"] = proto::word(hello.ack);
  if (hello.heartbeat) object["heartbeat"] = true;
  proto::append_frame(out, proto::FrameType::kHello, object.dump());
}

std::string fit_client_name(std::string_view host) {
  std::string name(host.substr(0, kNameBytesMax));
  std::replace_if(
      name.begin(), name.end(),
      [](char c) {
        return !proto::is_client_name({&c, 1});
      },
      '-');
  return name.empty() ? kNameless : name;
}

std::string new_session() {
  std::array<unsigned char, proto::kSessionDigits / 2> bytes{};
  ssize_t got = -1;
  do {
    got = ::getrandom(bytes.data(), bytes.size(), 0);
  } while (got < 0 && errno == EINTR);
  CRAWLSPOOL_CHECK(got == static_cast<ssize_t>(bytes.size()));  // so few bytes always come at once
  std::string session;
  for (const unsigned char byte : bytes) {
    session += "0123456789abcdef"[byte >> 4];
    session += "0123456789abcdef"[byte & 0x0FU];
  }
  return session;
}

}  // namespace crawlspool::client
