#include "clients/cpp/reply.h"

#include <gtest/gtest.h>

#include "proto/frame.h"
#include "proto/messages.h"

namespace crawlspool::client {
namespace {

using Kind = Reply::Kind;

TEST(Reply, UnderstandsEveryMessageTheServerMakes) {
  const auto made = [](const auto& append) {
    std::string frame;
    append(frame);
    return parse_reply(std::string_view(frame).substr(proto::kFrameHeaderBytes));
  };
  const Reply ack = made([](std::string& out) { proto::append_ack(out, 42); });
  EXPECT_EQ(ack.kind, Kind::kAck);
  EXPECT_EQ(ack.seq, 42U);
  const Reply reject = made([](std::string& out) {
    proto::append_reject(out, {7, proto::RejectCode::kInvalidJson, "what", 3});
  });
  EXPECT_EQ(reject.kind, Kind::kReject);
  EXPECT_EQ(reject.seq, 7U);
  EXPECT_EQ(reject.word, "invalid_json");
  EXPECT_EQ(reject.detail, "what");
  EXPECT_EQ(reject.offset, 3U);
  const Reply slow = made([](std::string& out) { proto::append_slow(out, proto::SlowReason::kDiskFull, 1000); });
  EXPECT_EQ(slow.kind, Kind::kSlow);
  EXPECT_EQ(slow.word, "disk_full");
  EXPECT_EQ(made([](std::string& out) { proto::append_resume(out); }).kind, Kind::kResume);
  const Reply ping = made([](std::string& out) { proto::append_ping(out); });
  EXPECT_EQ(ping.kind, Kind::kPing);
  EXPECT_EQ(ping.payload, "");
  const Reply goodbye = made([](std::string& out) {
    proto::append_goodbye(out,
                          {.reason = proto::GoodbyeReason::kDraining, .detail = "stopping", .reconnect_after_ms = 700});
  });
  EXPECT_EQ(goodbye.kind, Kind::kGoodbye);
  EXPECT_EQ(goodbye.word, "draining");
  EXPECT_EQ(goodbye.reconnect_after_ms, 700);
  const Reply error = made([](std::string& out) {
    proto::append_error(out, {.code = proto::ErrorWord::kFrameTooLarge, .detail = "big", .seq = 9});
  });
  EXPECT_EQ(error.kind, Kind::kError);
  EXPECT_EQ(error.word, "frame_too_large");
  EXPECT_EQ(error.seq, 9U);
}

TEST(Reply, UnderstandsAWelcome) {
  std::string frame;
  proto::append_welcome(frame, {.server = "crawlspoold 1",
                                .last_seq = 12,
                                .known = true,
                                .rejected = 3,
                                .ack = proto::AckLevel::kWritten,
                                .record_bytes_max = 10,
                                .batch_bytes_max = 20,
                                .batch_records_max = 30,
                                .idle_timeout_ms = 40});
  const Reply reply = parse_reply(std::string_view(frame).substr(proto::kFrameHeaderBytes));
  ASSERT_EQ(reply.kind, Kind::kWelcome);
  EXPECT_EQ(reply.welcome.last_seq, 12U);
  EXPECT_TRUE(reply.welcome.known);
  EXPECT_EQ(reply.welcome.rejected, 3U);
  EXPECT_FALSE(reply.welcome.acks_are_synced);
  EXPECT_EQ(reply.welcome.record_bytes_max, 10U);
  EXPECT_EQ(reply.welcome.batch_bytes_max, 20U);
  EXPECT_EQ(reply.welcome.batch_records_max, 30U);
}

TEST(Reply, AWelcomeWithoutLimitsNamesNone) {
  const Reply reply = parse_reply(R"({"welcome":{"last_seq":0,"known":false}})");
  ASSERT_EQ(reply.kind, Kind::kWelcome);
  EXPECT_FALSE(reply.welcome.known);
  EXPECT_TRUE(reply.welcome.acks_are_synced);
  EXPECT_EQ(reply.welcome.batch_bytes_max, 0U);
}

TEST(Reply, APingsPayloadIsKeptCompact) { EXPECT_EQ(parse_reply(R"({"ping": [1, "x"]})").payload, R"([1,"x"])"); }

TEST(Reply, AWaitIsBoundedToWhatATimerHolds) {
  const Reply reply = parse_reply(R"({"goodbye":{"reason":"draining","reconnect_after_ms":18446744073709551615}})");
  EXPECT_EQ(reply.reconnect_after_ms, 2147483647);
}

TEST(Reply, UnknownMembersAreIgnored) {
  const Reply reply = parse_reply(R"({"error":{"code":"new_code","detail":5,"seq":"x","more":[1]}})");
  EXPECT_EQ(reply.kind, Kind::kError);
  EXPECT_EQ(reply.word, "new_code");
  EXPECT_EQ(reply.detail, "");
  EXPECT_EQ(reply.seq, std::nullopt);
}

TEST(Reply, WhatIsNoMessageIsOther) {
  for (const char* text : {"", "{", "[]", "5", "{}", R"({"ack":-1})", R"({"ack":"1"})", R"({"ack":1.5})",
                           R"({"ack":18446744073709551616})", R"({"reject":{}})", R"({"reject":5})", R"({"pong":null})",
                           R"({"welcome":{}})", R"({"ack":1,"reject":{}})", "{\"ack\":1}x", "\xff"})
    EXPECT_EQ(parse_reply(text).kind, Kind::kOther) << text;
}

}  // namespace
}  // namespace crawlspool::client
