#include "daemon/http/request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "proto/frame_decoder.h"

namespace crawlspool::http {
namespace {

using namespace std::string_view_literals;
using Step = RequestParser::Step;

constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::size_t kPendingBytesMax = 64 * 1024;

// Bytes on the heap with nothing behind them: a sanitizer sees a read of one byte more.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : size_(bytes.size()), data_(std::make_unique<char[]>(size_)) {
    std::memcpy(data_.get(), bytes.data(), size_);
  }
  [[nodiscard]] std::string_view view() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> data_;
};

void read_padding(const std::string& body) {
  const volatile char* at = body.data() + body.size();
  for (std::size_t i = 0; i < proto::FrameDecoder::kPaddingBytes; ++i) static_cast<void>(at[i]);
}

struct Request {
  std::string method;
  std::string path;
  std::string body;
  bool operator==(const Request&) const = default;
};

// Feeds one piece, through as many requests as it holds. The last step of it.
Step feed(RequestParser& parser, std::string_view piece, std::vector<Request>& requests) {
  const Exact exact(piece);
  std::string_view input = exact.view();
  Step step = Step::kNeedMore;
  while (true) {
    step = parser.next(input);
    EXPECT_TRUE(step != Step::kNeedMore || input.empty());
    if (step == Step::kNeedMore || step == Step::kRefused) return step;
    if (step == Step::kHead) continue;
    Request request{parser.head().method, parser.head().path, {}};
    std::string body = parser.take_body();
    if (!body.empty()) read_padding(body);
    request.body = std::move(body);
    requests.push_back(std::move(request));
  }
}

Step feed(RequestParser& parser, std::string_view piece) {
  std::vector<Request> ignored;
  return feed(parser, piece, ignored);
}

std::string with_length(std::string_view body) {
  return "POST /v1/records HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

const std::string kChunkedHead = "POST /v1/records HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kChunked = kChunkedHead + "5\r\n{\"a\":\r\n2;x=\"y\"\r\n1}\r\n0\r\nTrailer: z\r\n\r\n";
const std::string kGet = "GET /status?x=1 HTTP/1.1\r\nHost: a\r\n\r\n";

// The head of a request without a body.
RequestHead head_of(std::string_view text) {
  RequestParser parser;
  EXPECT_EQ(parser.next(text), Step::kHead) << text;
  return parser.head();
}

// ---- resumable at any byte ----

const std::string kStream = with_length("{\"a\":1}") + kChunked + kGet + kChunkedHead + "0\r\n\r\n" + "\r\n" +
                            with_length("") + kChunkedHead + "1\r\nx\r\n0\r\n\r\n" + with_length("2");
const std::vector<Request> kRequests{
    {"POST", "/v1/records", "{\"a\":1}"}, {"POST", "/v1/records", "{\"a\":1}"}, {"GET", "/status", ""},
    {"POST", "/v1/records", ""},          {"POST", "/v1/records", ""},          {"POST", "/v1/records", "x"},
    {"POST", "/v1/records", "2"}};

TEST(RequestParser, EverySplitOfAStreamGivesTheSameRequests) {
  for (std::size_t split = 0; split <= kStream.size(); ++split) {
    RequestParser parser;
    std::vector<Request> requests;
    EXPECT_EQ(feed(parser, kStream.substr(0, split), requests), Step::kNeedMore) << split;
    EXPECT_EQ(feed(parser, kStream.substr(split), requests), Step::kNeedMore) << split;
    ASSERT_EQ(requests, kRequests) << split;
    EXPECT_FALSE(parser.has_begun());
  }
}

TEST(RequestParser, EveryTwoSplitsOfAChunkedBodyGiveTheSameRequests) {
  const std::string body = kChunked.substr(kChunkedHead.size()) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::size_t first = 0; first <= body.size(); ++first) {
    for (std::size_t second = first; second <= body.size(); ++second) {
      RequestParser parser;
      std::vector<Request> requests;
      EXPECT_EQ(feed(parser, kChunkedHead + body.substr(0, first), requests), Step::kNeedMore);
      EXPECT_EQ(feed(parser, body.substr(first, second - first), requests), Step::kNeedMore);
      EXPECT_EQ(feed(parser, body.substr(second), requests), Step::kNeedMore);
      ASSERT_EQ(requests.size(), 2U) << first << " " << second;
      ASSERT_EQ(requests[0].body, "{\"a\":1}") << first << " " << second;
      ASSERT_EQ(requests[1].method, "GET") << first << " " << second;
    }
  }
}

TEST(RequestParser, SingleBytesGiveTheSameRequests) {
  RequestParser parser;
  std::vector<Request> requests;
  for (const char byte : kStream) ASSERT_EQ(feed(parser, {&byte, 1}, requests), Step::kNeedMore);
  EXPECT_EQ(requests, kRequests);
}

std::string chunked(std::string_view body, std::mt19937& random) {
  std::string out;
  while (!body.empty()) {
    const std::size_t n = std::min<std::size_t>(body.size(), 1 + random() % (std::size_t{1} << (random() % 15)));
    char size[32];
    std::snprintf(size, sizeof size, random() % 2 == 0 ? "%zx\r\n" : "%04zX;a=b\r\n", n);
    out += size;
    out += body.substr(0, n);
    out += "\r\n";
    body.remove_prefix(n);
  }
  return out + "0\r\n\r\n";
}

TEST(RequestParser, RandomChunksInRandomPiecesGiveTheSameBody) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  std::vector<Request> sent;
  std::string stream;
  for (int i = 0; i < 60; ++i) {
    std::string body(random() % 60'000, '\0');
    for (char& c : body) c = static_cast<char>(random());
    stream += random() % 4 == 0 ? with_length(body) : kChunkedHead + chunked(body, random);
    sent.push_back({"POST", "/v1/records", std::move(body)});
  }
  RequestParser parser;
  std::vector<Request> requests;
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t n = 1 + random() % (std::size_t{1} << (random() % 17));
    ASSERT_EQ(feed(parser, std::string_view(stream).substr(at, n), requests), Step::kNeedMore);
    at += n;
  }
  EXPECT_TRUE(requests == sent);
}

// ---- where a request ends ----

TEST(RequestParser, APipelinedRequestIsLeftInTheInput) {
  for (const std::string& first : {with_length("{\"a\":1}"), kChunked, kGet}) {
    const Exact exact(first + kGet);
    std::string_view input = exact.view();
    RequestParser parser;
    EXPECT_EQ(parser.next(input), Step::kHead);
    EXPECT_EQ(parser.next(input), Step::kWhole);
    EXPECT_EQ(input, kGet);
    EXPECT_EQ(parser.next(input), Step::kWhole) << "until the body was taken";
    EXPECT_EQ(input, kGet);
  }
}

TEST(RequestParser, APipelinedRequestBehindAnEndThatCameInPiecesIsLeftInTheInput) {
  for (std::size_t pending = 1; pending < kChunked.size() - kChunkedHead.size(); ++pending) {
    RequestParser parser;
    const std::size_t split = kChunkedHead.size() + pending;
    ASSERT_EQ(feed(parser, kChunked.substr(0, split)), Step::kNeedMore);
    const Exact exact(kChunked.substr(split) + kGet);
    std::string_view input = exact.view();
    ASSERT_EQ(parser.next(input), Step::kWhole) << pending;
    EXPECT_EQ(input, kGet) << pending;
    EXPECT_GE(input.data(), exact.view().data());
  }
}

TEST(RequestParser, ARequestWithoutABodyIsWholeWithItsHead) {
  RequestParser parser;
  std::string_view input = kGet;
  EXPECT_EQ(parser.next(input), Step::kHead);
  EXPECT_TRUE(parser.head_is_whole());
  EXPECT_EQ(parser.next(input), Step::kWhole);
  EXPECT_EQ(parser.take_body(), "");
  EXPECT_FALSE(parser.head_is_whole());
}

TEST(RequestParser, EmptyLinesInFrontAreIgnoredAndBeginNothing) {
  RequestParser parser;
  EXPECT_EQ(feed(parser, "\r\n\n\r\n"), Step::kNeedMore);
  EXPECT_FALSE(parser.has_begun());
  std::vector<Request> requests;
  EXPECT_EQ(feed(parser, "\r\n" + kGet, requests), Step::kNeedMore);
  EXPECT_EQ(requests.size(), 1U);
}

TEST(RequestParser, ARequestHasBegunWithItsFirstByte) {
  RequestParser parser;
  EXPECT_FALSE(parser.has_begun());
  EXPECT_EQ(feed(parser, "G"), Step::kNeedMore);
  EXPECT_TRUE(parser.has_begun());
  EXPECT_FALSE(parser.head_is_whole());
  parser.start_over();
  EXPECT_FALSE(parser.has_begun());
}

// ---- the head ----

TEST(RequestParser, TheHeadIsTakenApart) {
  const RequestHead head = head_of(
      "POST /v1/records?a=b HTTP/1.1\r\nHOST: LocalHost:8941\r\ncontent-type: Application/JSON ; charset=utf-8\r\n"
      "Content-Encoding: GZIP\r\nContent-Length: 12\r\nX-Other: \xC3\xA9\r\n\r\n");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/v1/records");
  EXPECT_EQ(head.host, "localhost:8941");
  EXPECT_EQ(head.content_type, "application/json");
  EXPECT_EQ(head.content_encoding, "gzip");
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_FALSE(head.is_chunked);
  EXPECT_FALSE(head.expects_continue);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.is_http_1_0);
}

TEST(RequestParser, AHeadLeavesNothingToTheNext) {
  RequestParser parser;
  std::vector<Request> requests;
  ASSERT_EQ(feed(parser, with_length("1") + kGet.substr(0, kGet.size() - 2), requests), Step::kNeedMore);
  std::string_view rest = "\r\n";
  ASSERT_EQ(parser.next(rest), Step::kHead);
  EXPECT_EQ(parser.head().content_length, std::nullopt);
  EXPECT_EQ(parser.head().method, "GET");
}

TEST(RequestParser, ATargetWithItsOriginMeansItsPath) {
  const auto path = [](const std::string& target) {
    return head_of("GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").path;
  };
  EXPECT_EQ(path("http://a:1/status?x=/y"), "/status");
  EXPECT_EQ(path("http://a"), "/");
  EXPECT_EQ(path("http://a?x=/y"), "/");
  EXPECT_EQ(path("/http://a/b"), "/http://a/b");
  EXPECT_EQ(path("*"), "*");
}

TEST(RequestParser, UnknownMethodsAreNamed) { EXPECT_EQ(head_of("BREW / HTTP/1.1\r\nHost: a\r\n\r\n").method, "BREW"); }

TEST(RequestParser, Expect100ContinueIsTold) {
  EXPECT_TRUE(head_of("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n").expects_continue);
  EXPECT_FALSE(head_of("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expects_continue);
  EXPECT_FALSE(head_of("POST / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n").expects_continue);
}

TEST(RequestParser, Http10EndsTheConnectionUnlessItAsksOtherwise) {
  EXPECT_FALSE(head_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(head_of("GET / HTTP/1.0\r\n\r\n").is_http_1_0);
  EXPECT_TRUE(head_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
  EXPECT_FALSE(head_of("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").keep_alive);
}

TEST(RequestParser, ABodyOfHttp10HasALength) {
  RequestParser parser;
  std::vector<Request> requests;
  EXPECT_EQ(feed(parser, "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", requests), Step::kNeedMore);
  EXPECT_EQ(requests, (std::vector<Request>{{"POST", "/", "{}"}}));
}

// ---- what two readers could take differently ----

const std::vector<std::string_view> kBadHeads{
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5 5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5;x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \"chunked\"\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;q=1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n\tz\r\n\r\n",
    "POST / HTTP/1.1\r\n Host: a\r\n\r\n",
    "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\nContent-Length: 5\r\n\r\n",
    "POST / HTTP/1.1\nHost: a\r\n\r\n",
    "POST / HTTP/1.1\nHost: a\n\n",
    "POST / HTTP/1.1\r\nHost: a\r\n\n",
    "POST / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"sv,
    "POST / HTTP/1.1\r\nHost: a\r\nX: a\001b\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nX\xC3\xA9: y\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nX(y): z\r\n\r\n",
    "POST / HTTP/1.1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "POST / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
    "POST / HTTP/2.0\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.2\r\nHost: a\r\n\r\n",
    "POST / HTTP/0.9\r\nHost: a\r\n\r\n",
    "POST / http/1.1\r\nHost: a\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "POST /\r\nHost: a\r\n\r\n",
    "POST  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "POST /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    " POST / HTTP/1.1\r\nHost: a\r\n\r\n",
    "{\"a\":1}\n",
    "\x16\x03\x01\x02",
};

TEST(RequestParser, AHeadThatReadersCouldTakeDifferentlyIsRefused) {
  for (const std::string_view head : kBadHeads) {
    RequestParser parser;
    EXPECT_EQ(feed(parser, head), Step::kRefused) << head;
    EXPECT_EQ(parser.refusal().status, 400) << head;
    EXPECT_EQ(parser.refusal().code, "bad_request") << head;
    EXPECT_FALSE(parser.refusal().detail.empty()) << head;
  }
}

TEST(RequestParser, ABadHeadIsRefusedHoweverItIsSplit) {
  for (const std::string_view head : kBadHeads) {
    RequestParser parser;
    Step step = Step::kNeedMore;
    for (std::size_t i = 0; i < head.size() && step != Step::kRefused; ++i) step = feed(parser, head.substr(i, 1));
    EXPECT_EQ(step, Step::kRefused) << head;
  }
}

TEST(RequestParser, TheShortestChunkedBodyMayComeByteByByte) {
  for (std::size_t first = 1; first <= 5; ++first) {
    for (std::size_t second = first; second <= 5; ++second) {
      RequestParser parser;
      std::vector<Request> requests;
      const std::string body = "0\r\n\r\n";
      ASSERT_EQ(feed(parser, kChunkedHead + body.substr(0, first), requests), Step::kNeedMore);
      ASSERT_EQ(feed(parser, body.substr(first, second - first), requests), Step::kNeedMore);
      ASSERT_EQ(feed(parser, body.substr(second), requests), Step::kNeedMore);
      EXPECT_EQ(requests.size(), 1U);
    }
  }
}

const std::vector<std::string_view> kBadChunks{
    "x\r\n",
    "\r\n",
    "-1\r\n",
    "+1\r\na\r\n",
    "0x1\r\na\r\n0\r\n\r\n",
    " 1\r\na\r\n",
    "1 x\r\na\r\n",
    "1\na\n0\n\n\r\n",
    "1;\n\r\na\r\n0\r\n\r\n",
    "1\r\nab\r\n0\r\n\r\n",
    "1\r\na0\r\n\r\n",
    "1\r\na\n0\r\n\r\n",
    "ffffffffffffffff1\r\na",
    "10000000000000000\r\na",
    "1\r\na\r\n0\r\nbad trailer\r\n\r\n",
    "1\r\na\r\n0\r\nX : y\r\n\r\n",
    "1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n",
    "1\r\na\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
};

TEST(RequestParser, AChunkedBodyThatReadersCouldTakeDifferentlyIsRefused) {
  for (const std::string_view body : kBadChunks) {
    RequestParser whole;
    EXPECT_EQ(feed(whole, kChunkedHead + std::string(body)), Step::kRefused) << body;
    EXPECT_EQ(whole.refusal().status, 400) << body;

    RequestParser in_bytes;
    Step step = feed(in_bytes, kChunkedHead);
    const std::string all = std::string(body) + "0\r\n\r\n";  // the fault shows by the shortest rest of a body
    for (std::size_t i = 0; i < all.size() && step != Step::kRefused; ++i) step = feed(in_bytes, all.substr(i, 1));
    EXPECT_EQ(step, Step::kRefused) << body;
  }
}

TEST(RequestParser, ARefusalIsFinal) {
  RequestParser parser;
  EXPECT_EQ(feed(parser, "{}"), Step::kRefused);
  const std::string detail = parser.refusal().detail;
  std::string_view input = kGet;
  EXPECT_EQ(parser.next(input), Step::kRefused);
  EXPECT_EQ(parser.next(input), Step::kRefused);
  EXPECT_EQ(input, kGet);
  EXPECT_EQ(parser.refusal().detail, detail);
}

// ---- limits ----

std::string head_of_bytes(std::size_t bytes) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  return start + std::string(bytes - start.size() - 4, 'x') + "\r\n\r\n";
}

TEST(RequestParser, AHeadOf16KiBIsTakenAndAByteMoreIsNot) {
  RequestParser fits;
  std::string_view input;
  const std::string greatest = head_of_bytes(kHeadBytesMax);
  input = greatest;
  EXPECT_EQ(fits.next(input), Step::kHead);

  for (const std::size_t bytes : {kHeadBytesMax + 1, 2 * kHeadBytesMax}) {
    RequestParser over;
    EXPECT_EQ(feed(over, head_of_bytes(bytes)), Step::kRefused);
    EXPECT_EQ(over.refusal().status, 431);
    EXPECT_EQ(over.refusal().code, "head_too_large");
  }
}

TEST(RequestParser, AHeadThatNeverEndsIsRefusedInPiecesToo) {
  RequestParser parser;
  Step step = feed(parser, "GET / HTTP/1.1\r\nX: ");
  std::size_t sent = 0;
  for (; step == Step::kNeedMore && sent < 2 * kHeadBytesMax; sent += 100) step = feed(parser, std::string(100, 'x'));
  EXPECT_EQ(step, Step::kRefused);
  EXPECT_EQ(parser.refusal().status, 431);
  EXPECT_LE(sent, kHeadBytesMax + 100);
}

// The step behind a head, with a limit of 10 bytes on what follows.
Step with_limit_of_ten(RequestParser& parser, const std::string& request) {
  std::string_view input = request;
  EXPECT_EQ(parser.next(input), Step::kHead);
  parser.limit_body(10);
  return parser.next(input);
}

TEST(RequestParser, AChunkedBodyOverTheLimitIsRefused) {
  for (const char* chunks : {"b\r\n", "5\r\n12345\r\n6\r\n", "ffffffffffffffff\r\n", "a\r\n0123456789\r\n1\r\nx\r\n"}) {
    RequestParser parser;
    EXPECT_EQ(with_limit_of_ten(parser, kChunkedHead + chunks), Step::kRefused) << chunks;
    EXPECT_EQ(parser.refusal().status, 413);
    EXPECT_EQ(parser.refusal().code, "body_too_large");
  }
  RequestParser fits;
  EXPECT_EQ(with_limit_of_ten(fits, kChunkedHead + "5\r\n12345\r\n5\r\n67890\r\n0\r\n\r\n"), Step::kWhole);
  EXPECT_EQ(fits.take_body(), "1234567890");
}

TEST(RequestParser, ALimitHoldsForItsRequestOnly) {
  RequestParser parser;
  EXPECT_EQ(with_limit_of_ten(parser, kChunkedHead + "1\r\nx\r\n0\r\n\r\n"), Step::kWhole);
  EXPECT_EQ(parser.take_body(), "x");
  std::vector<Request> requests;
  EXPECT_EQ(feed(parser, kChunkedHead + "b\r\n12345678901\r\n0\r\n\r\n", requests), Step::kNeedMore);
  EXPECT_EQ(requests.size(), 1U);
}

TEST(RequestParser, AChunkLineOrATrailerThatNeverEndsIsRefused) {
  for (const char* start : {"1;", "0\r\nX: "}) {
    RequestParser parser;
    Step step = feed(parser, kChunkedHead + start);
    std::size_t sent = 0;
    for (; step == Step::kNeedMore && sent < 4 * kPendingBytesMax; sent += 1000)
      step = feed(parser, std::string(1000, 'x'));
    EXPECT_EQ(step, Step::kRefused) << start;
    EXPECT_EQ(parser.refusal().status, 400) << start;
    EXPECT_LE(sent, kPendingBytesMax + 1000) << start;
    EXPECT_LE(parser.held_bytes(), 3 * kPendingBytesMax) << start;
  }
}

TEST(RequestParser, HeldMemoryFollowsWhatHasComeNotWhatWasClaimed) {
  const std::size_t beside = 2 * kHeadBytesMax + 2 * kPendingBytesMax;
  for (const std::string& start : {std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n"),
                                   kChunkedHead + "ffffffffff\r\n"}) {
    RequestParser parser;
    EXPECT_EQ(feed(parser, start), Step::kNeedMore);
    EXPECT_LE(parser.held_bytes(), 1024U);
    for (std::size_t sent = 1000; sent < 1'000'000; sent += 1000) {
      ASSERT_EQ(feed(parser, std::string(1000, 'x')), Step::kNeedMore);
      ASSERT_EQ(parser.body_bytes(), sent);
      ASSERT_LE(parser.held_bytes(), 4 * sent + beside) << "the body, doubling, and as much again for its lines";
    }
    parser.start_over();
    EXPECT_LE(parser.held_bytes(), 1024U);
    EXPECT_EQ(parser.body_bytes(), 0U);
  }
}

TEST(RequestParser, SmallChunksInLargePiecesGiveTheirBodyAndHoldLittle) {
  constexpr int kChunks = 100'000;
  std::string body;
  for (int i = 0; i < kChunks; ++i) body += "1\r\nx\r\n";
  body += "0\r\n\r\n" + kGet;
  RequestParser parser;
  std::vector<Request> requests;
  ASSERT_EQ(feed(parser, kChunkedHead), Step::kNeedMore);
  for (std::size_t at = 0; at < body.size(); at += kPendingBytesMax) {
    ASSERT_EQ(feed(parser, std::string_view(body).substr(at, kPendingBytesMax), requests), Step::kNeedMore);
    EXPECT_LE(parser.held_bytes(), 4 * std::size_t{kChunks} + 2 * kPendingBytesMax + 1024);
  }
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].body, std::string(kChunks, 'x'));
}

}  // namespace
}  // namespace crawlspool::http
