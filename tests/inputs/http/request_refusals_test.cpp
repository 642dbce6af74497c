// What the parser of requests does not take: what two readers could take differently, and what is too large.
#include <gtest/gtest.h>

#include <vector>

#include "tests/inputs/http/request_feeding.h"

namespace crawlspool::http {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kHeadBytesMax = 16 * 1024;
constexpr std::size_t kPendingBytesMax = 64 * 1024;

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

TEST(RequestRefusals, AHeadThatReadersCouldTakeDifferentlyIsRefused) {
  for (const std::string_view head : kBadHeads) {
    RequestParser parser;
    EXPECT_EQ(feed(parser, head), Step::kRefused) << head;
    EXPECT_EQ(parser.refusal().status, 400) << head;
    EXPECT_EQ(parser.refusal().code, "bad_request") << head;
    EXPECT_FALSE(parser.refusal().detail.empty()) << head;
  }
}

TEST(RequestRefusals, ABadHeadIsRefusedHoweverItIsSplit) {
  for (const std::string_view head : kBadHeads) {
    RequestParser parser;
    Step step = Step::kNeedMore;
    for (std::size_t i = 0; i < head.size() && step != Step::kRefused; ++i) step = feed(parser, head.substr(i, 1));
    EXPECT_EQ(step, Step::kRefused) << head;
  }
}

TEST(RequestRefusals, TheShortestChunkedBodyMayComeByteByByte) {
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

TEST(RequestRefusals, AChunkedBodyThatReadersCouldTakeDifferentlyIsRefused) {
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

TEST(RequestRefusals, ARefusalIsFinal) {
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

TEST(RequestRefusals, AHeadOf16KiBIsTakenAndAByteMoreIsNot) {
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

TEST(RequestRefusals, AHeadThatNeverEndsIsRefusedInPiecesToo) {
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

TEST(RequestRefusals, AChunkedBodyOverTheLimitIsRefused) {
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

TEST(RequestRefusals, ALimitHoldsForItsRequestOnly) {
  RequestParser parser;
  EXPECT_EQ(with_limit_of_ten(parser, kChunkedHead + "1\r\nx\r\n0\r\n\r\n"), Step::kWhole);
  EXPECT_EQ(parser.take_body(), "x");
  std::vector<Request> requests;
  EXPECT_EQ(feed(parser, kChunkedHead + "b\r\n12345678901\r\n0\r\n\r\n", requests), Step::kNeedMore);
  EXPECT_EQ(requests.size(), 1U);
}

TEST(RequestRefusals, AChunkLineOrATrailerThatNeverEndsIsRefused) {
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

TEST(RequestRefusals, HeldMemoryFollowsWhatHasComeNotWhatWasClaimed) {
  const std::size_t beside = 2 * kHeadBytesMax + 2 * kPendingBytesMax;
  for (const std::string& start : {std::string("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000000\r\n\r\n"),
                                   kChunkedHead + "ffffffffff\r\n"}) {
    RequestParser parser;
    EXPECT_EQ(feed(parser, start), Step::kNeedMore);
    EXPECT_LE(parser.held_bytes(), 1024U);
    for (std::size_t sent = 1000; sent < 1'000'000; sent += 1000) {
      ASSERT_EQ(feed(parser, std::string(1000, 'x')), Step::kNeedMore);
      ASSERT_EQ(parser.body_bytes(), sent);
      ASSERT_LE(parser.held_bytes(), sent + beside) << "the body";
    }
    parser.start_over();
    EXPECT_LE(parser.held_bytes(), 1024U);
    EXPECT_EQ(parser.body_bytes(), 0U);
  }
}

TEST(RequestRefusals, SmallChunksInLargePiecesGiveTheirBodyAndHoldLittle) {
  constexpr int kChunks = 100'000;
  std::string body;
  for (int i = 0; i < kChunks; ++i) body += "1\r\nx\r\n";
  body += "0\r\n\r\n" + kGet;
  RequestParser parser;
  std::vector<Request> requests;
  ASSERT_EQ(feed(parser, kChunkedHead), Step::kNeedMore);
  for (std::size_t at = 0; at < body.size(); at += kPendingBytesMax) {
    ASSERT_EQ(feed(parser, std::string_view(body).substr(at, kPendingBytesMax), requests), Step::kNeedMore);
    EXPECT_LE(parser.held_bytes(), 2 * std::size_t{kChunks} + 2 * kPendingBytesMax + 1024);
  }
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[0].body, std::string(kChunks, 'x'));
}

}  // namespace
}  // namespace crawlspool::http
