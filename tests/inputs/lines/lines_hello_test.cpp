#include "daemon/inputs/lines/lines_hello.h"

#include <gtest/gtest.h>

namespace crawlspool::lines {
namespace {

TEST(LinesHello, AnObjectWithTheMemberIsAHello) {
  const auto read = read_hello(R"({"crawlspool":1,"ack":true,"client":"worker-7","stream":"quotes"})");
  ASSERT_TRUE(read && *read);
  EXPECT_TRUE((*read)->wants_answers);
  EXPECT_EQ((*read)->hello.client, "worker-7");
  EXPECT_EQ((*read)->hello.stream, "quotes");
}

TEST(LinesHello, WithoutAckItIsSilent) {
  for (const char* const line : {R"({"crawlspool":1})", R"({"crawlspool":1,"ack":false})"}) {
    const auto read = read_hello(line);
    ASSERT_TRUE(read && *read) << line;
    EXPECT_FALSE((*read)->wants_answers) << line;
  }
}

TEST(LinesHello, WhatHasNoSuchMemberAtItsTopIsARecord) {
  for (const char* const line : {R"({"a":1})", R"(["crawlspool"])", R"("crawlspool")", R"({"a":{"crawlspool":1}})"}) {
    const auto read = read_hello(line);
    ASSERT_TRUE(read) << line;
    EXPECT_FALSE(*read) << line;
  }
}

TEST(LinesHello, AWrongOneIsRefusedInWords) {
  EXPECT_EQ(read_hello(R"({"crawlspool":2})").error(), "protocol 2 is not spoken here; this server speaks 1");
  EXPECT_EQ(read_hello(R"({"crawlspool":1,"ack":"synced"})").error(), "\"ack\" is true or false");
  EXPECT_NE(read_hello(R"({"crawlspool":1,"client":"a b"})").error().find("\"client\" is"), std::string::npos);
}

TEST(LinesHello, OtherProtocolsAreRecognisedByTheirFirstBytes) {
  using std::string_view_literals::operator""sv;
  EXPECT_TRUE(recognise_first_bytes("GET / HTTP/1.1\r\n")->find("HTTP") != std::string_view::npos);
  EXPECT_TRUE(recognise_first_bytes("\x16\x03\x01\x02")->find("TLS") != std::string_view::npos);
  EXPECT_TRUE(recognise_first_bytes("*1\r\n$4\r\nPING\r\n")->find("Redis") != std::string_view::npos);
  EXPECT_TRUE(recognise_first_bytes("\x00\x00\x00\x02{}"sv)->find("frames") != std::string_view::npos);
  EXPECT_TRUE(recognise_first_bytes("\x10\x00\x00\x02{}"sv)->find("frames") != std::string_view::npos);
}

TEST(LinesHello, WhateverJsonBeginsWithMayBeLines) {
  for (const char* const first : {"{", "[1]", "\"a\"", "-1", "7", "true", "false", "null", " {}", "\n", "\r\n", "\t1"})
    EXPECT_FALSE(recognise_first_bytes(first)) << first;
}

}  // namespace
}  // namespace crawlspool::lines
