// An HTTP connection's bytes give the same requests however they are cut, none of them longer than its limit, and
// nothing beyond a request's end is taken; what was read can be written down and reads the same.
// Input: the body's limit; the number of pieces; a length for each; the bytes. The pieces' lengths repeat.
#include <algorithm>
#include <string>
#include <vector>

#include "daemon/inputs/http/request_parser.h"
#include "proto/frame_decoder.h"
#include "tests/fuzz/fuzzing.h"

namespace {

using crawlspool::fuzz::Input;
using crawlspool::fuzz::PaddedCopy;
using crawlspool::http::Refusal;
using crawlspool::http::RequestHead;
using crawlspool::http::RequestParser;
using Step = RequestParser::Step;

// Beside the body, its doubling and its lines: the head, and the trailer's name.
constexpr std::size_t kHeldBytesBeside = 64 * 1024;

struct Request {
  RequestHead head;
  std::string body;
  std::size_t end;  // in the bytes
};

struct Outcome {
  std::vector<Request> requests;
  bool is_refused = false;
  bool has_begun = false;
  std::string refusal;
};

bool are_same(const RequestHead& a, const RequestHead& b) {
  return a.method == b.method && a.path == b.path && a.host == b.host && a.port == b.port &&
         a.content_type == b.content_type && a.content_encoding == b.content_encoding &&
         a.if_none_match == b.if_none_match && a.content_length == b.content_length && a.is_chunked == b.is_chunked &&
         a.expects_continue == b.expects_continue && a.keep_alive == b.keep_alive && a.is_http_1_0 == b.is_http_1_0 &&
         a.browser.origin == b.browser.origin && a.browser.fetch_site == b.browser.fetch_site &&
         a.fields.client == b.fields.client && a.fields.is_repeated == b.fields.is_repeated;
}

void claim_sound(const RequestParser& parser, std::size_t limit) {
  const RequestHead& head = parser.head();
  FUZZ_CLAIM(!head.method.empty() && !head.path.empty());
  FUZZ_CLAIM(!head.host.empty() || head.is_http_1_0);
  FUZZ_CLAIM(!(head.is_chunked && head.content_length));
  FUZZ_CLAIM(!head.is_chunked || parser.body_bytes() <= limit);
}

class Feeder {
 public:
  explicit Feeder(std::size_t limit) : limit_(limit) {}

  // All requests that `piece`, which is at `at` in the bytes, makes whole.
  void feed(std::string_view piece, std::size_t at) {
    const PaddedCopy copy(piece, 0);
    std::string_view input = copy.view();
    while (!outcome_.is_refused) {
      const std::size_t before = input.size();
      const Step step = parser_.next(input);
      FUZZ_CLAIM(input.size() <= before);
      FUZZ_CLAIM(input.data() + input.size() == copy.view().data() + copy.view().size());
      FUZZ_CLAIM(parser_.held_bytes() <= 4 * parser_.body_bytes() + kHeldBytesBeside);
      if (step == Step::kNeedMore) break;
      if (step == Step::kRefused) refused();
      if (step == Step::kHead) parser_.limit_body(limit_);
      if (step == Step::kWhole) whole(at + piece.size() - input.size());
    }
    FUZZ_CLAIM(outcome_.is_refused || input.empty());
    outcome_.has_begun = parser_.has_begun();
  }
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }

 private:
  void refused() {
    const Refusal& refusal = parser_.refusal();
    FUZZ_CLAIM(refusal.status >= 400 && !refusal.code.empty() && !refusal.detail.empty());
    outcome_.is_refused = true;
    outcome_.refusal = std::to_string(refusal.status) + " " + refusal.detail;
  }
  void whole(std::size_t end) {
    claim_sound(parser_, limit_);
    RequestHead head = parser_.head();
    std::string body = parser_.take_body();
    if (!body.empty()) crawlspool::fuzz::read_behind(body, crawlspool::proto::FrameDecoder::kPaddingBytes);
    FUZZ_CLAIM(head.is_chunked || body.size() == head.content_length.value_or(0));
    FUZZ_CLAIM(!parser_.has_begun());
    outcome_.requests.push_back({std::move(head), std::move(body), end});
  }

  std::size_t limit_;
  RequestParser parser_;
  Outcome outcome_;
};

Outcome parse(std::string_view bytes, const std::vector<std::size_t>& pieces, std::size_t limit) {
  Feeder feeder(limit);
  std::size_t at = 0;
  for (std::size_t i = 0; at < bytes.size() && !feeder.outcome().is_refused; ++i) {
    const std::string_view piece = bytes.substr(at, pieces[i % pieces.size()]);
    feeder.feed(piece, at);
    at += piece.size();
  }
  return feeder.outcome();
}

void claim_same(const Outcome& a, const Outcome& b) {
  FUZZ_CLAIM(a.is_refused == b.is_refused && a.refusal == b.refusal);
  FUZZ_CLAIM(a.is_refused || a.has_begun == b.has_begun);
  FUZZ_CLAIM(a.requests.size() == b.requests.size());
  for (std::size_t i = 0; i < a.requests.size(); ++i) {
    FUZZ_CLAIM(are_same(a.requests[i].head, b.requests[i].head));
    FUZZ_CLAIM(a.requests[i].body == b.requests[i].body);
    FUZZ_CLAIM(a.requests[i].end == b.requests[i].end);
  }
}

// Nothing behind a request has a part in it.
void claim_first_stands_alone(std::string_view bytes, const Outcome& outcome, std::size_t limit) {
  if (outcome.requests.empty()) return;
  const Request& first = outcome.requests.front();
  const Outcome alone = parse(bytes.substr(0, first.end), {bytes.size()}, limit);
  FUZZ_CLAIM(alone.requests.size() == 1 && !alone.is_refused && !alone.has_begun);
  FUZZ_CLAIM(are_same(alone.requests.front().head, first.head) && alone.requests.front().body == first.body);
  const Outcome short_of_it = parse(bytes.substr(0, first.end - 1), {bytes.size()}, limit);
  FUZZ_CLAIM(short_of_it.requests.empty() && !short_of_it.is_refused);
}

// The body by its length reads as the same body.
void claim_round_trip(const Request& request, std::size_t limit) {
  const std::string text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(request.body.size()) +
                           "\r\n\r\n" + request.body;
  const Outcome again = parse(text, {text.size()}, limit);
  FUZZ_CLAIM(again.requests.size() == 1 && again.requests.front().body == request.body);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t limit = std::size_t{1} << (input.byte() % 18U);
  std::vector<std::size_t> pieces;
  const std::size_t piece_count = 1 + input.byte() % 16U;
  for (std::size_t i = 0; i < piece_count; ++i) pieces.push_back(1 + input.byte());
  const std::string_view bytes = input.rest();
  const Outcome whole = parse(bytes, {std::max<std::size_t>(bytes.size(), 1)}, limit);
  claim_same(whole, parse(bytes, pieces, limit));
  if (bytes.size() <= 4096) claim_same(whole, parse(bytes, {1}, limit));
  claim_first_stands_alone(bytes, whole, limit);
  for (const Request& request : whole.requests) claim_round_trip(request, limit);
  return 0;
}
