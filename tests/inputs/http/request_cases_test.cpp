// The cases that public lists try on HTTP/1.1 servers (h1spec, llhttp's, Http11Probe's) as far as the parser decides
// them, each whole and byte by byte. Where other servers differ, PROTOCOL.md (HTTP, Grammar) says what holds here.
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/inputs/http/request_feeding.h"

namespace crawlspool::http {
namespace {

using namespace std::string_literals;

constexpr int kTaken = 200;
constexpr int kWaits = 0;

struct Case {
  const char* name;
  std::string bytes;
  int outcome;  // kTaken, kWaits, or the status of the refusal
};

struct Outcome {
  int status;
  std::string detail;
  std::vector<Request> requests;
};

Outcome outcome_of(std::string_view bytes, std::size_t piece_bytes) {
  RequestParser parser;
  Outcome outcome{kWaits, "", {}};
  for (std::size_t at = 0; at < bytes.size() && outcome.status == kWaits; at += piece_bytes) {
    if (feed(parser, bytes.substr(at, piece_bytes), outcome.requests) == Step::kRefused)
      outcome = {parser.refusal().status, parser.refusal().detail, outcome.requests};
  }
  if (outcome.status == kWaits && !parser.has_begun()) outcome.status = kTaken;
  return outcome;
}

void expect_all(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Outcome whole = outcome_of(c.bytes, c.bytes.size());
    EXPECT_EQ(whole.status, c.outcome) << c.name << ": " << whole.detail;
    const Outcome in_bytes = outcome_of(c.bytes, 1);
    EXPECT_EQ(in_bytes.status, whole.status) << c.name;
    EXPECT_EQ(in_bytes.detail, whole.detail) << c.name;
    EXPECT_EQ(in_bytes.requests, whole.requests) << c.name;
  }
}

std::string get(const std::string& target, const std::string& fields = "Host: a\r\n") {
  return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}
std::string post(const std::string& fields, const std::string& body = "hello") {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
std::string chunks(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }

TEST(RequestCases, RequestLines) {
  expect_all({
      {"valid", get("/"), kTaken},
      {"an empty query", get("/?"), kTaken},
      {"a long target", get("/" + std::string(7900, 'a')), kTaken},
      {"visible characters that no URI has", get("/\"lovely\"|{}?a[]=<b>"), kTaken},
      {"a backslash", get("/path\\file"), kTaken},
      {"percent-encoded NUL", get("/path%00.html"), kTaken},
      {"percent-encoded line end", get("/path%0d%0aX:%20true"), kTaken},
      {"lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", kTaken},
      {"unknown method", "FOOBAR / HTTP/1.1\r\nHost: a\r\n\r\n", kTaken},
      {"empty lines first", "\r\n\r\n" + get("/"), kTaken},
      {"absolute form", get("http://a/"), kTaken},
      {"absolute form with a query alone", get("http://hypnotoad.org:1234?hail=all"), kTaken},
      {"absolute form in capitals", get("HTTP://A/"), kTaken},
      {"absolute form for another host", get("http://other.example.com/"), kTaken},
      {"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", kTaken},
      {"CONNECT", "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n", kTaken},
      {"GET *", get("*"), 400},
      {"no leading slash", get("status"), 400},
      {"authority form with GET", get("example.com:443"), 400},
      {"another scheme", get("https://a/"), 400},
      {"absolute form without a host", get("http:///x"), 400},
      {"absolute form with a user", get("http://a%12:b!&*$@hypnotoad.org:1234/toto"), 400},
      {"a fragment", get("/path#frag"), 400},
      {"a space in the target", get("/pa th"), 400},
      {"a tab in the target", get("/pa\tth"), 400},
      {"NUL in the target", get("/\0test"s), 400},
      {"DEL in the target", get("/\x7f"), 400},
      {"UTF-8 in the target", get("/caf\xc3\xa9"), 400},
      {"UTF-8 in the query", get("/?q=\xce\xb4"), 400},
      {"overlong UTF-8 in the target", get("/\xc0\xaf"), 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a tab for a space", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"no version", "GET / \r\n\r\n", 400},
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"no minor version", "GET / HTTP/1\r\nHost: a\r\n\r\n", 400},
      {"leading zeros in the version", "GET / HTTP/01.01\r\nHost: a\r\n\r\n", 400},
      {"a space in the version", "GET / HTTP/ 1.1\r\nHost: a\r\n\r\n", 400},
      {"version in lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400},
      {"HTTP/9.9", "GET / HTTP/9.9\r\nHost: a\r\n\r\n", 400},
      {"another protocol", "GET / ICE/1.0\r\nHost: a\r\n\r\n", 400},
      {"almost HTTP", "GET / IHTTP/1.0\r\nHost: a\r\n\r\n", 400},
      {"words first", "Extra lineGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"a blank line of a blank", " \r\n\r\n", 400},
      {"garbage", "\x8f\x01\x02", 400},
      {"TLS", "\x16\x03\x01\x02", 400},
      {"a target of 100 kB", get("/" + std::string(100'000, 'a')), 431},
      {"a method of 100 kB", std::string(100'000, 'A') + " / HTTP/1.1\r\n\r\n", 431},
  });
}

TEST(RequestCases, BegunHeadsWait) {
  const std::string whole = get("/hello", "Host: localhost\r\n");
  for (std::size_t bytes = 1; bytes < whole.size(); ++bytes)
    EXPECT_EQ(outcome_of(std::string_view(whole).substr(0, bytes), 1).status, kWaits) << bytes;
}

TEST(RequestCases, LineEnds) {
  expect_all({
      {"LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"LF behind a field", get("/", "Host: a\nX: y\r\n"), 400},
      {"LF alone, and nothing else yet", "GET / HTTP/1.1\n", 400},
      {"CR behind the request line", "GET / HTTP/1.1\rHost: a\r\n\r\n", 400},
      {"CR in a value", get("/", "Host: a\r\nX: val\rue\r\n"), 400},
      {"CR in a name", get("/", "Host: a\r\nContent\rLength: 3\r\n"), 400},
      {"CR for the last line end", "GET / HTTP/1.1\r\nHost: a\r\n\rZGET /evil: HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"a folded line", get("/", "Host: a\r\nX: y\r\n z\r\n"), 400},
      {"a folded name", get("/", "Host: a\r\nname\r\n : value\r\n"), 400},
      {"a blank before the first field", get("/", " \r\nHost: a\r\n"), 400},
      {"LF behind the last field", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
  });
}

TEST(RequestCases, Fields) {
  expect_all({
      {"a tab before a value, an empty value", get("/", "hoSt:\ta\r\nempty:\r\n"), kTaken},
      {"a blank value", get("/", "Host: a\r\nX: \r\n"), kTaken},
      {"obs-text in a value", get("/", "Host: a\r\nX: \xe9\r\n"), kTaken},
      {"an underscore in a name", post("Content-Length: 5\r\nContent_Length: 99\r\n"), kTaken},
      {"an Expect that nobody knows", get("/", "Host: a\r\nExpect: 200-ok\r\n"), kTaken},
      {"an Upgrade that nobody knows", get("/", "Host: a\r\nConnection: Upgrade\r\nUpgrade: made-up/1\r\n"), kTaken},
      {"HTTP/1.0 without a Host", "GET / HTTP/1.0\r\n\r\n", kTaken},
      {"brackets in a name", get("/", "Host: a\r\nX-Invalid[]: test\r\n"), 400},
      {"a control character in a name", get("/", "Host: a\r\nFo\x01test: Bar\r\n"), 400},
      {"an at sign in a name", get("/", "Host: a\r\nFo@: Bar\r\n"), 400},
      {"UTF-8 in a name", get("/", "Host: a\r\nX-T\xc3\xab: y\r\n"), 400},
      {"a tab in a name", post("Content-Length: 5\r\nContent\tLength: 99\r\n"), 400},
      {"a blank before the colon", get("/", "Host: a\r\nX : y\r\n"), 400},
      {"no name", get("/", "Host: a\r\n: y\r\n"), 400},
      {"no colon", get("/", "Host: a\r\nNoColonHere\r\n"), 400},
      {"BEL in a value", get("/", "Host: a\r\nX: test\x07\r\n"), 400},
      {"NUL in a value", get("/", "Host: a\r\nX: val\0ue\r\n"s), 400},
      {"two Content-Types", post("Content-Length: 5\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n"), 400},
      {"a value of 100 kB", get("/", "Host: a\r\nX: " + std::string(100'000, 'b') + "\r\n"), 431},
      {"a name of 100 kB", get("/", "Host: a\r\n" + std::string(100'000, 'b') + ": y\r\n"), 431},
  });
}

TEST(RequestCases, Hosts) {
  expect_all({
      {"a name", get("/", "Host: localhost:8941\r\n"), kTaken},
      {"an address", get("/", "Host: [2001:db8::1]:8941\r\n"), kTaken},
      {"blanks around it", get("/", "Host: \t a \t \r\n"), kTaken},
      {"none", get("/", "X: y\r\n"), 400},
      {"an empty one", get("/", "Host: \r\n"), 400},
      {"an empty one in HTTP/1.0", "GET / HTTP/1.0\r\nHost:\r\n\r\n", 400},
      {"a port alone", get("/", "Host: :80\r\n"), 400},
      {"two", get("/", "Host: a\r\nHost: b\r\n"), 400},
      {"the same twice", get("/", "Host: a\r\nhost: a\r\n"), 400},
      {"a list", get("/", "Host: a, other.example.com\r\n"), 400},
      {"a path", get("/", "Host: a/b\r\n"), 400},
      {"a user", get("/", "Host: u@a\r\n"), 400},
      {"a space", get("/", "Host: a b\r\n"), 400},
      {"raw bytes", get("/", "Host: \xc3\xa9\r\n"), 400},
      {"a port that is none", get("/", "Host: a:b\r\n"), 400},
      {"a name behind an address", get("/", "Host: [::1].evil.example\r\n"), 400},
      {"a bad one beside an absolute target", get("http://a/", "Host: a/b\r\n"), 400},
  });
}

TEST(RequestCases, Lengths) {
  expect_all({
      {"one", post("Content-Length: 5\r\n"), kTaken},
      {"leading zeros", post("Content-Length: 005\r\n"), kTaken},
      {"leading zeros are not octal", post("Content-Length: 0200\r\n", std::string(200, 'A')), kTaken},
      {"two zeros", post("Content-Length: 00\r\n", ""), kTaken},
      {"blanks around it", post("Content-Length: \t5\t \r\n"), kTaken},
      {"none", post("", ""), kTaken},
      {"HTTP/1.0 with one", "POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", kTaken},
      {"a GET with one", "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", kTaken},
      {"less than it says", post("Content-Length: 10\r\n"), kWaits},
      {"far more than there is", post("Content-Length: 999999999\r\n"), kWaits},
      {"HTTP/1.0 without", "POST / HTTP/1.0\r\n\r\nhello", 411},
      {"HTTP/1.0 without, PUT", "PUT / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 411},
      {"two different", post("Content-Length: 5\r\nContent-Length: 10\r\n"), 400},
      {"the same twice", post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400},
      {"a list of one value", post("Content-Length: 5, 5\r\n"), 400},
      {"a list of two", post("Content-Length: 5, 10\r\n"), 400},
      {"an empty one", post("Content-Length: \r\n"), 400},
      {"letters", post("Content-Length: abc\r\n"), 400},
      {"a plus", post("Content-Length: +5\r\n"), 400},
      {"a minus", post("Content-Length: -1\r\n"), 400},
      {"minus zero", post("Content-Length: -0\r\n"), 400},
      {"hexadecimal", post("Content-Length: 0x5\r\n"), 400},
      {"octal", post("Content-Length: 0o5\r\n"), 400},
      {"an underscore", post("Content-Length: 1_0\r\n"), 400},
      {"a space inside", post("Content-Length: 1 0\r\n"), 400},
      {"over 64 bits", post("Content-Length: 99999999999999999999\r\n"), 400},
  });
}

TEST(RequestCases, TransferEncodings) {
  const auto te = [](const std::string& lines) { return post(lines, "5\r\nhello\r\n0\r\n\r\n"); };
  expect_all({
      {"chunked", te("Transfer-Encoding: chunked\r\n"), kTaken},
      {"in any case", te("TRANSFER-ENCODING: Chunked\r\n"), kTaken},
      {"blanks around it", te("Transfer-Encoding: \tchunked \r\n"), kTaken},
      {"an underscore in the name is another name", post("Transfer_Encoding: x\r\nContent-Length: 5\r\n"), kTaken},
      {"deflate, chunked", te("Transfer-Encoding: deflate, chunked\r\n"), 501},
      {"deflate and chunked in two lines", te("Transfer-Encoding: deflate\r\nTransfer-Encoding: chunked\r\n"), 501},
      {"identity, chunked", te("Transfer-Encoding: identity, chunked\r\n"), 501},
      {"gzip", te("Transfer-Encoding: gzip\r\n"), 400},
      {"identity", te("Transfer-Encoding: identity\r\n"), 400},
      {"pigeons", te("Transfer-Encoding: pigeons\r\n"), 400},
      {"xchunked", te("Transfer-Encoding: xchunked\r\n"), 400},
      {"chunkedchunked", te("Transfer-Encoding: chunkedchunked\r\n"), 400},
      {"chunked, gzip", te("Transfer-Encoding: chunked, gzip\r\n"), 400},
      {"chunked and identity in two lines", te("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400},
      {"chunked, chunked", te("Transfer-Encoding: chunked, chunked\r\n"), 400},
      {"a comma in front", te("Transfer-Encoding: , chunked\r\n"), 400},
      {"a comma behind", te("Transfer-Encoding: chunked,\r\n"), 400},
      {"a parameter", te("Transfer-Encoding: chunked;ext=val\r\n"), 400},
      {"empty", te("Transfer-Encoding: \r\n"), 400},
      {"a vertical tab in front", te("Transfer-Encoding: \vchunked\r\n"), 400},
      {"a form feed in front", te("Transfer-Encoding: \fchunked\r\n"), 400},
      {"a NUL behind", te("Transfer-Encoding: chunked\0\r\n"s), 400},
      {"folded", te("Transfer-Encoding:\r\n chunked\r\n"), 400},
      {"a blank before the colon", te("Transfer-Encoding : chunked\r\n"), 400},
      {"with a length", te("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), 400},
      {"deflate, chunked with a length", te("Content-Length: 5\r\nTransfer-Encoding: deflate, chunked\r\n"), 400},
      {"in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
  });
}

TEST(RequestCases, Chunks) {
  expect_all({
      {"several", chunks("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n"), kTaken},
      {"none", chunks("0\r\n\r\n"), kTaken},
      {"digits in either case", chunks("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n"), kTaken},
      {"leading zeros", chunks("0005\r\nhello\r\n000\r\n\r\n"), kTaken},
      {"no last one", chunks("5\r\nhello\r\n"), kWaits},
      {"a size over 64 bits", chunks("FFFFFFFFFFFFFFFF0\r\nhello\r\n0\r\n\r\n"), 400},
      {"a size with 0x", chunks("0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a size with a plus", chunks("+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a size with a minus", chunks("-1\r\nhello\r\n0\r\n\r\n"), 400},
      {"a size with an underscore", chunks("1_0\r\nhello world!!!!!\r\n0\r\n\r\n"), 400},
      {"no size", chunks("\r\nhello"), 400},
      {"a blank before the size", chunks(" 5\r\nhello\r\n0\r\n\r\n"), 400},
      {"a blank behind the size", chunks("5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"LF behind the size, and nothing else yet", chunks("5\n"), 400},
      {"LF behind the last size", chunks("5\r\nhello\r\n0\n"), 400},
      {"CR behind the size", chunks("5\rhello\r\n0\r\n\r\n"), 400},
      {"two CRs behind the size", chunks("5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n"), 400},
      {"LF behind the data", chunks("5\r\nhello\n0\r\n\r\n"), 400},
      {"nothing behind the data", chunks("5\r\nhello0\r\n\r\n"), 400},
      {"more data than its size", chunks("5\r\nhello!!\r\n0\r\n\r\n"), 400},
      {"a missing last chunk", chunks("3\r\nfoo\r\n\r\n"), 400},
  });
}

TEST(RequestCases, ChunkExtensions) {
  const auto ext = [](const std::string& text) { return chunks("5" + text + "\r\nhello\r\n0\r\n\r\n"); };
  expect_all({
      {"a name", ext(";ext"), kTaken},
      {"names and values", ext(";ilovew3;somuchlove=aretheseparametersfor;another=withvalue"), kTaken},
      {"quoted values", ext(";a=\"I \\\"love\\\"; \\\\ext\\\\\";b=\"c\";d"), kTaken},
      {"tab and obs-text in quotes", ext(";a=\"\t\xe9\""), kTaken},
      {"blanks around the signs", ext(" ; a = b\t;c = \"d\" ;e"), kTaken},
      {"behind the last size", chunks("0;a=b\r\n\r\n"), kTaken},
      {"a NUL in quotes", ext(";a=\"\0\""s), 400},
      {"BEL in quotes", ext(";a=\"\x07\""), 400},
      {"DEL in quotes", ext(";a=\"\x7f\""), 400},
      {"an escaped control character", ext(";a=\"\\\x01\""), 400},
      {"a line end in quotes", ext(";a=\"\r\n\""), 400},
      {"LF in quotes", ext(";a=\"\n\""), 400},
      {"open quotes", ext(";a=\"abc\";b=\"def; ghi"), 400},
      {"words behind quotes", ext(";a=\"b\"c"), 400},
      {"no semicolon", ext(" erfrferferf"), 400},
      {"nothing behind the semicolon", ext(";"), 400},
      {"nothing behind the equals sign", ext(";a="), 400},
      {"a bracket in a name", ext(";bad[=x"), 400},
      {"a NUL", ext(";\0"s), 400},
      {"CR alone", ext(";a\rX"), 400},
      {"LF alone", chunks("5;\nhello\r\n0\r\n\r\n"), 400},
      {"a blank behind it", ext(";a=b "), 400},
      {"64 KiB", ext(";ext=" + std::string(65'536, 'a')), 400},
  });
}

TEST(RequestCases, Trailers) {
  const auto trailer = [](const std::string& text) { return chunks("5\r\nhello\r\n0\r\n" + text); };
  expect_all({
      {"a field", trailer("X-Checksum: abc\r\n\r\n"), kTaken},
      {"fields that mean nothing here", trailer("Vary: *\r\nHost: evil\r\nAuthorization: x\r\n\r\n"), kTaken},
      {"a length", trailer("Content-Length: 50\r\n\r\n"), 400},
      {"an encoding", trailer("transfer-ENCODING: chunked\r\n\r\n"), 400},
      {"LF alone at the end", trailer("\n"), 400},
      {"LF alone behind a field", trailer("X: y\n\r\n"), 400},
      {"a folded line", trailer("X: y\r\n z\r\n\r\n"), 400},
      {"no colon", trailer("bad\r\n\r\n"), 400},
      {"no name", trailer(": x\r\n\r\n"), 400},
      {"a blank before the colon", trailer("X : y\r\n\r\n"), 400},
      {"a NUL", trailer("X: a\0\r\n\r\n"s), 400},
      {"over 16 KiB", trailer("X: " + std::string(17'000, 'y') + "\r\n\r\n"), 400},
  });
}

// What stands behind a request is the next one, never a part of it; and nothing is behind one that was refused.
TEST(RequestCases, NoRequestHidesInAnother) {
  const std::string hidden = get("/hidden");
  const auto requests_of = [](const std::string& bytes) { return outcome_of(bytes, bytes.size()).requests.size(); };
  EXPECT_EQ(requests_of(post("Content-Length: " + std::to_string(hidden.size()) + "\r\n", hidden)), 1U);
  EXPECT_EQ(requests_of("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n" +
                        hidden),
            1U);
  EXPECT_EQ(requests_of(post("Content-Length: 0\r\n", hidden)), 2U);
  EXPECT_EQ(requests_of(chunks("0\r\n\r\n" + hidden)), 2U);
  for (const char* fields :
       {"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n", "Content-Length: +6\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: , chunked\r\nContent-Length: 6\r\n", "Transfer-Encoding: deflate, chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 40\r\n"})
    EXPECT_EQ(requests_of(post(fields, "0\r\n\r\n" + hidden)), 0U) << fields;
  EXPECT_EQ(requests_of("POST / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + hidden), 0U);
  EXPECT_EQ(requests_of(chunks("+0\r\n\r\n" + hidden)), 0U);
}

}  // namespace
}  // namespace crawlspool::http
