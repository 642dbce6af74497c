#include "daemon/inputs/http/request_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

#include "tests/inputs/http/request_feeding.h"

namespace crawlspool::http {
namespace {

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
  EXPECT_EQ(head.host, "localhost");
  EXPECT_EQ(head.port, "8941");
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
    return head_of("OPTIONS " + target + " HTTP/1.1\r\nHost: a\r\n\r\n").path;
  };
  EXPECT_EQ(path("http://a:1/status?x=/y"), "/status");
  EXPECT_EQ(path("http://a"), "/");
  EXPECT_EQ(path("http://a?x=/y"), "/");
  EXPECT_EQ(path("/http://a/b"), "/http://a/b");
  EXPECT_EQ(path("HTTP://a/Status"), "/Status");
  EXPECT_EQ(path("*"), "*");
}

TEST(RequestParser, ATargetsAuthorityCountsBeforeHost) {
  const RequestHead head = head_of("GET http://Evil:81/status HTTP/1.1\r\nHost: localhost:8942\r\n\r\n");
  EXPECT_EQ(head.host, "evil");
  EXPECT_EQ(head.port, "81");
  EXPECT_EQ(head_of("GET /status HTTP/1.0\r\n\r\n").host, "");
}

TEST(RequestParser, UnknownMethodsAreNamed) { EXPECT_EQ(head_of("BREW / HTTP/1.1\r\nHost: a\r\n\r\n").method, "BREW"); }

TEST(RequestParser, Expect100ContinueIsTold) {
  EXPECT_TRUE(head_of("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n").expects_continue);
  EXPECT_FALSE(head_of("GET / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expects_continue);
  EXPECT_FALSE(head_of("POST / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n").expects_continue);
}

TEST(RequestParser, Http10EndsTheConnectionUnlessItAsksOtherwise) {
  EXPECT_FALSE(head_of("GET / HTTP/1.0\r\n\r\n").keep_alive);
  EXPECT_TRUE(head_of("GET / HTTP/1.0\r\n\r\n").is_http_1_0);
  EXPECT_TRUE(head_of("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

TEST(RequestParser, CloseCountsWhereverConnectionSaysIt) {
  const auto keeps = [](const std::string& version, const std::string& lines) {
    return head_of("GET / HTTP/" + version + "\r\nHost: a\r\n" + lines + "\r\n").keep_alive;
  };
  EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: Close\t\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: keep-alive, close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_FALSE(keeps("1.0", "Connection: keep-alive\r\nX: y\r\nConnection: x, CLOSE\r\n"));
  EXPECT_TRUE(keeps("1.0", "Connection: x\r\nConnection: Keep-Alive\r\n"));
  EXPECT_TRUE(keeps("1.1", "Connection: closed\r\nX: close\r\n"));
}

TEST(RequestParser, ContentEncodingsOfSeveralLinesAreOneList) {
  const auto encoding = [](const std::string& lines) {
    return head_of("GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n").content_encoding;
  };
  EXPECT_EQ(encoding("Content-Encoding: GZIP\r\n"), "gzip");
  EXPECT_EQ(encoding("Content-Encoding: gzip\r\nContent-Encoding: zstd\r\n"), "gzip,zstd");
}

TEST(RequestParser, WhatABrowserSaysIsTold) {
  const BrowserFields none = head_of(kGet).browser;
  EXPECT_FALSE(none.origin);
  EXPECT_EQ(none.fetch_site, "");
  EXPECT_FALSE(none.is_preflight);
  const BrowserFields page = head_of(
                                 "OPTIONS / HTTP/1.1\r\nHost: a\r\nOrigin: https://Tool.example\r\n"
                                 "Sec-Fetch-Site: Cross-Site\r\nAccess-Control-Request-Method: POST\r\n\r\n")
                                 .browser;
  EXPECT_EQ(page.origin, "https://tool.example");
  EXPECT_EQ(page.fetch_site, "cross-site");
  EXPECT_TRUE(page.is_preflight);
  EXPECT_EQ(head_of("GET / HTTP/1.1\r\nHost: a\r\nOrigin: a://b\r\nOrigin: a://c\r\n\r\n").browser.origin,
            "a://b,a://c");
}

TEST(RequestParser, ABodyOfHttp10HasALength) {
  RequestParser parser;
  std::vector<Request> requests;
  EXPECT_EQ(feed(parser, "POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}", requests), Step::kNeedMore);
  EXPECT_EQ(requests, (std::vector<Request>{{"POST", "/", "{}"}}));
}

}  // namespace
}  // namespace crawlspool::http
