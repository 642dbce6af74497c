// A hello is read alike each time; what is read keeps the document's rules and reads the same when it is written
// again; what is refused is refused in words that fit into an `error`.
#include <nlohmann/json.hpp>
#include <string>

#include "proto/hello.h"
#include "proto/messages.h"
#include "proto/names.h"
#include "tests/fuzz/fuzzing.h"

namespace {

namespace proto = crawlspool::proto;
using crawlspool::proto::Hello;
using crawlspool::proto::parse_hello;
using nlohmann::json;

bool same(const Hello& left, const Hello& right) {
  return left.client == right.client && left.stream == right.stream && left.session == right.session &&
         left.from == right.from && left.ack == right.ack && left.heartbeat == right.heartbeat &&
         left.charset == right.charset && left.token == right.token;
}

std::string written_again(const Hello& hello) {
  json object{{"protocol", proto::kProtocolVersion},
              {"from", hello.from},
              {"ack", word(hello.ack)},
              {"heartbeat", hello.heartbeat}};
  if (!hello.client.empty()) object["client"] = hello.client;
  if (!hello.stream.empty()) object["stream"] = hello.stream;
  if (!hello.session.empty()) object["session"] = hello.session;
  if (hello.charset) object["charset"] = word(*hello.charset);
  if (hello.token) object["token"] = *hello.token;
  return object.dump();
}

void claim_rules(const Hello& hello) {
  FUZZ_CLAIM(hello.client.empty() || proto::is_client_name(hello.client));
  FUZZ_CLAIM(hello.stream.empty() || proto::is_stream_name(hello.stream));
  FUZZ_CLAIM(hello.session.empty() || proto::is_session(hello.session));
  FUZZ_CLAIM(!hello.token || (!hello.token->empty() && hello.token->size() <= proto::kTokenBytesMax));
  FUZZ_CLAIM(hello.from >= 1 && hello.from <= proto::kSeqMax);
}

void claim_words(const std::string& words) {
  FUZZ_CLAIM(!words.empty());
  std::string frame;
  proto::append_error(frame, {.code = proto::ErrorWord::kBadHello, .detail = words});
  const json message = json::parse(frame.substr(4), nullptr, false);
  FUZZ_CLAIM(message.is_object());
  FUZZ_CLAIM(message["error"]["detail"] == words);  // whole: nothing of it was cut or replaced
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const crawlspool::fuzz::PaddedCopy payload({reinterpret_cast<const char*>(data), size}, 0);
  const auto first = parse_hello(payload.view());
  const auto second = parse_hello(payload.view());
  FUZZ_CLAIM(first.has_value() == second.has_value());
  if (!first) {
    FUZZ_CLAIM(first.error() == second.error());
    claim_words(first.error());
    return 0;
  }
  FUZZ_CLAIM(same(*first, *second));
  claim_rules(*first);
  const auto again = parse_hello(written_again(*first));
  FUZZ_CLAIM(again && same(*again, *first));
  return 0;
}
