#include "daemon/inputs/http/response.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace crawlspool::http {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string bytes_of(const Response& response) {
  std::string out;
  append_response(out, response, kDate);
  return out;
}

TEST(Response, IsBytesOnTheWire) {
  Response response;
  response.body = "{\"accepted\":1}";
  EXPECT_EQ(bytes_of(response),
            "HTTP/1.1 200 OK\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: application/json\r\n"
            "Content-Length: 14\r\n"
            "\r\n"
            "{\"accepted\":1}");
}

TEST(Response, NotModifiedSaysNeitherTypeNorLength) {
  Response response;
  response.status = 304;
  response.etag = "\"1\"";
  response.more_headers = "Cache-Control: no-cache\r\n";
  EXPECT_EQ(bytes_of(response),
            "HTTP/1.1 304 Not Modified\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "ETag: \"1\"\r\n"
            "Cache-Control: no-cache\r\n"
            "\r\n");
}

TEST(Response, NoContentSaysNeitherTypeNorLength) {
  Response response;
  response.status = 204;
  EXPECT_EQ(bytes_of(response), "HTTP/1.1 204 No Content\r\nDate: " + std::string(kDate) + "\r\n\r\n");
}

TEST(Response, AnAnswerForAPageSaysWhose) {
  Response response;
  response.allow_origin = "https://tool.example";
  const std::string bytes = bytes_of(response);
  EXPECT_NE(bytes.find("Access-Control-Allow-Origin: https://tool.example\r\n"), std::string::npos) << bytes;
  EXPECT_NE(bytes.find("Vary: Origin\r\n"), std::string::npos) << bytes;
}

TEST(Response, EveryHeaderIsBytesOnTheWire) {
  Response response;
  response.status = 405;
  response.body = "no\n";
  response.content_type = "text/plain; charset=utf-8";
  response.allow = "GET, HEAD";
  response.retry_after_s = 7;
  response.close = true;
  EXPECT_EQ(bytes_of(response),
            "HTTP/1.1 405 Method Not Allowed\r\n"
            "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Length: 3\r\n"
            "Allow: GET, HEAD\r\n"
            "Retry-After: 7\r\n"
            "Connection: close\r\n"
            "\r\n"
            "no\n");
}

TEST(Response, AHeadAnswerHasTheLengthButNotTheBody) {
  Response response;
  response.body = "12345";
  response.is_head = true;
  const std::string bytes = bytes_of(response);
  EXPECT_NE(bytes.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_TRUE(bytes.ends_with("\r\n\r\n"));
}

TEST(Response, AnEmptyBodyHasItsLengthToo) {
  EXPECT_NE(bytes_of(Response{}).find("Content-Length: 0\r\n"), std::string::npos);
}

TEST(Response, AnswersAreAppendedBehindEachOther) {
  std::string out(kContinue);
  append_response(out, Response{}, kDate);
  EXPECT_TRUE(out.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << out;
}

TEST(Response, EveryStatusInUseHasItsPhrase) {
  for (const int status : {200, 204, 304, 400, 403, 404, 405, 408, 409, 411, 413, 415, 421, 431, 501, 503}) {
    Response response;
    response.status = status;
    EXPECT_EQ(bytes_of(response).find(" Status\r\n"), std::string::npos) << status;
  }
}

TEST(Response, ErrorsAreOneJsonObject) {
  const Response response = error_response(413, "body_too_large", "at most 9 bytes");
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, "{\"error\":{\"code\":\"body_too_large\",\"detail\":\"at most 9 bytes\"}}");
}

TEST(Response, HostileDetailsStayInsideTheirString) {
  const std::string hostile = "\"}},\r\n\r\nHTTP/1.1 200 OK\\\x1b\xff\u200f";
  const std::string body = error_response(400, "bad_request", hostile).body;
  ASSERT_TRUE(nlohmann::json::accept(body)) << body;
  EXPECT_EQ(nlohmann::json::parse(body).size(), 1U);
  EXPECT_EQ(body.find_first_of("\r\n\x1b"), std::string::npos);
}

TEST(Response, LongDetailsAreCutAtACharactersStart) {
  const auto detail = [](const std::string& text) {
    return nlohmann::json::parse(error_response(400, "bad_request", text).body)
        .at("error")
        .at("detail")
        .get<std::string>();
  };
  EXPECT_EQ(detail(std::string(5000, 'x')), std::string(512, 'x'));
  EXPECT_EQ(detail(std::string(511, 'x') + "é"), std::string(511, 'x'));
}

}  // namespace
}  // namespace crawlspool::http
