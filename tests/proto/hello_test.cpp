#include "proto/hello.h"

#include <gtest/gtest.h>

#include <string>

namespace crawlspool::proto {
namespace {

constexpr const char* kSession = "5f3a9c1204be77d0a1c25be6900f3e12";

std::string with(const std::string& members) { return "{\"protocol\":1," + members + "}"; }

// What is said of it, or "" where it is taken.
std::string refusal(const std::string& payload) {
  const auto hello = parse_hello(payload);
  return hello ? "" : hello.error();
}

TEST(Hello, EachMemberIsRead) {
  const auto hello =
      parse_hello(with(R"("client":"worker-7","session":")" + std::string(kSession) +
                       R"(","from":9,"stream":"a/b","ack":"written","heartbeat":true,"charset":"SJIS")"));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->client, "worker-7");
  EXPECT_EQ(hello->session, kSession);
  EXPECT_EQ(hello->from, 9U);
  EXPECT_EQ(hello->stream, "a/b");
  EXPECT_EQ(hello->ack, AckLevel::kWritten);
  EXPECT_TRUE(hello->heartbeat);
  EXPECT_EQ(hello->charset, find_charset("shift_jis"));
}

TEST(Hello, OnlyTheProtocolIsRequired) {
  const auto hello = parse_hello("{\"protocol\":1}");
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->client, "");
  EXPECT_EQ(hello->session, "");
  EXPECT_EQ(hello->from, 1U);
  EXPECT_EQ(hello->ack, AckLevel::kSynced);
  EXPECT_FALSE(hello->heartbeat);
  EXPECT_EQ(hello->charset, std::nullopt);
}

TEST(Hello, UnknownMembersAreIgnored) { EXPECT_EQ(refusal(with(R"("colour":"blue","x":[[{}]])")), ""); }

TEST(Hello, WhatIsNoObjectIsRefusedAndNotQuotedAsASessionIsASecret) {
  for (const std::string payload : {"[1]", "{", "", "7", "\"5f3a9c1204be77d0a1c25be6900f3e12\""})
    EXPECT_EQ(refusal(payload), "a hello is a JSON object");
  EXPECT_EQ(refusal(std::string(60'000, '[')), "a hello is a JSON object");
}

TEST(Hello, OtherProtocolsAreNamed) {
  EXPECT_EQ(refusal("{}"), "\"protocol\" is missing; this server speaks 1");
  EXPECT_EQ(refusal(R"({"protocol":2})"), "protocol 2 is not spoken here; this server speaks 1");
  EXPECT_EQ(refusal(R"({"protocol":"1"})"), "\"protocol\" is a number; this server speaks 1");
  EXPECT_NE(refusal(R"({"protocol":1.0})"), "");
}

TEST(Hello, EachWrongMemberIsNamed) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("client":7)", "\"client\""},       {R"("client":"")", "\"client\""},
      {R"("client":"a b")", "\"client\""},   {R"("client":"a/b")", "\"client\""},
      {R"("client":null)", "\"client\""},    {R"("stream":"")", "\"stream\""},
      {R"("stream":"a b")", "\"stream\""},   {R"("stream":"a\u0000")", "\"stream\""},
      {R"("stream":[])", "\"stream\""},      {R"("session":"5f3a")", "\"session\""},
      {R"("session":12)", "\"session\""},    {R"("from":0)", "\"from\""},
      {R"("from":-1)", "\"from\""},          {R"("from":"1")", "\"from\""},
      {R"("from":1.5)", "\"from\""},         {R"("from":9007199254740992)", "\"from\""},
      {R"("ack":"never")", "\"ack\""},       {R"("ack":true)", "\"ack\""},
      {R"("heartbeat":1)", "\"heartbeat\""}, {R"("charset":"klingon")", "\"charset\""},
      {R"("charset":936)", "\"charset\""}};
  for (const auto& [member, named] : cases) EXPECT_EQ(refusal(with(member)).find(named), 0U) << member;
}

TEST(Hello, NamesReachTheirLimitAndNoFurther) {
  EXPECT_EQ(refusal(with("\"client\":\"" + std::string(128, 'a') + "\"")), "");
  EXPECT_NE(refusal(with("\"client\":\"" + std::string(129, 'a') + "\"")), "");
  EXPECT_EQ(refusal(with(R"("client":"aZ0._-:","from":9007199254740991)")), "");
}

}  // namespace
}  // namespace crawlspool::proto
