#include <gtest/gtest.h>

#include "cli/bench/reply_reader.h"

namespace crawlspool::bench {
namespace {

std::string answer(const std::string& status, const std::string& body) {
  return "HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(HttpReplies, CountsWhatIsAccepted) {
  const auto reader = make_http_replies();
  EXPECT_FALSE(reader->ack_level());
  EXPECT_EQ(reader->take(answer("200 OK", R"({"accepted":100,"rejected":[]})")), 100U);
  EXPECT_EQ(reader->ack_level(), AckLevel::kSynced);
  EXPECT_EQ(reader->take(answer("200 OK", R"({"accepted":1,"rejected":[],"ack":"written"})")), 1U);
  EXPECT_EQ(reader->ack_level(), AckLevel::kWritten);
}

TEST(HttpReplies, CanBeSplitAnywhere) {
  const std::string all =
      answer("200 OK", R"({"accepted":2,"rejected":[]})") + answer("200 OK", R"({"accepted":5,"rejected":[]})");
  for (std::size_t split = 0; split <= all.size(); ++split) {
    const auto reader = make_http_replies();
    const auto first = reader->take(all.substr(0, split));
    const auto second = reader->take(all.substr(split));
    ASSERT_TRUE(first && second) << split;
    EXPECT_EQ(*first + *second, 7U) << split;
  }
}

TEST(HttpReplies, ARejectedRecordIsAnErrorWithItsReason) {
  const auto reader = make_http_replies();
  const auto taken = reader->take(
      answer("200 OK", R"({"accepted":0,"rejected":[{"index":0,"code":"too_deep","detail":"over 200 levels"}]})"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message(), "rejects a record: too_deep: over 200 levels");
}

TEST(HttpReplies, AnotherStatusIsAnErrorWithItsReason) {
  const auto reader = make_http_replies();
  const auto taken = reader->take(
      answer("503 Service Unavailable", R"({"error":{"code":"disk_full","detail":"the spool takes nothing"}})"));
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message(), "answers 503 disk_full: the spool takes nothing");
}

TEST(HttpReplies, WhatIsNoneOfTheDaemonsAnswersIsAnError) {
  EXPECT_FALSE(make_http_replies()->take("+PONG\r\nmore of it\r\n\r\n"));
  EXPECT_FALSE(make_http_replies()->take(answer("200 OK", "<html>")));
  EXPECT_FALSE(make_http_replies()->take(answer("200 OK", R"({"accepted":-1})")));
  EXPECT_FALSE(make_http_replies()->take(answer("404 Not Found", "[]")));
}

}  // namespace
}  // namespace crawlspool::bench
