#include "clients/cpp/messages.h"

#include <gtest/gtest.h>

#include "proto/frame.h"
#include "proto/messages.h"
#include "proto/names.h"

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

Reply error(const std::string& code) { return parse_reply(R"({"error":{"code":")" + code + R"(","detail":"why"}})"); }
Reply goodbye(const std::string& reason) { return parse_reply(R"({"goodbye":{"reason":")" + reason + R"("}})"); }

TEST(Ending, WhatWillNotMendIsFinal) {
  for (const char* code : {"wrong_protocol", "frame_too_large", "unknown_frame_type", "bad_frame", "bad_hello",
                           "bad_batch", "session_mismatch"})
    EXPECT_EQ(Ending::of(error(code)).kind, Ending::Kind::kFinal) << code;
  EXPECT_EQ(Ending::of(goodbye("superseded")).kind, Ending::Kind::kFinal);
}

TEST(Ending, WhatPassesIsForLater) {
  for (const char* code :
       {"frame_timeout", "too_many_sessions", "too_many_connections", "slow_reader", "spool_failed", "some_new_code"})
    EXPECT_EQ(Ending::of(error(code)).kind, Ending::Kind::kLater) << code;
  for (const char* reason : {"draining", "idle_timeout", "bye", "some_new_reason"})
    EXPECT_EQ(Ending::of(goodbye(reason)).kind, Ending::Kind::kLater) << reason;
}

TEST(Ending, KeepsWhatTheServerSaysOfItAndOfTheWait) {
  const Ending ending = Ending::of(
      parse_reply(R"({"goodbye":{"reason":"draining","detail":"the server is stopping","reconnect_after_ms":900}})"));
  EXPECT_EQ(ending.why, "draining: the server is stopping");
  EXPECT_EQ(ending.reconnect_after_ms, 900);
  EXPECT_EQ(Ending::of(goodbye("draining")).why, "draining");
}

TEST(Ending, OnlyARefusedFrameWithANumberIsToBlame) {
  EXPECT_TRUE(blames_a_frame(parse_reply(R"({"error":{"code":"frame_too_large","seq":3}})")));
  EXPECT_TRUE(blames_a_frame(parse_reply(R"({"error":{"code":"bad_batch","seq":3}})")));
  EXPECT_FALSE(blames_a_frame(error("bad_batch")));
  EXPECT_FALSE(blames_a_frame(parse_reply(R"({"error":{"code":"frame_timeout","seq":3}})")));
}

TEST(Hello, IsWhatTheServerReads) {
  const proto::Hello said{.client = "worker-7",
                          .stream = "quotes/today",
                          .session = new_session(),
                          .from = 5,
                          .ack = proto::AckLevel::kWritten,
                          .heartbeat = true};
  std::string frame;
  append_hello(frame, said);
  const auto header = proto::decode_header(frame);
  EXPECT_EQ(header.type, static_cast<int>(proto::FrameType::kHello));
  EXPECT_EQ(header.length, frame.size() - proto::kFrameHeaderBytes);
  const auto read = proto::parse_hello(std::string_view(frame).substr(proto::kFrameHeaderBytes));
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(read->client, said.client);
  EXPECT_EQ(read->stream, said.stream);
  EXPECT_EQ(read->session, said.session);
  EXPECT_EQ(read->from, said.from);
  EXPECT_EQ(read->ack, said.ack);
  EXPECT_TRUE(read->heartbeat);
}

TEST(Hello, LeavesOutWhatIsNotSet) {
  std::string frame;
  append_hello(frame, {});
  EXPECT_EQ(frame.substr(proto::kFrameHeaderBytes), R"({"protocol":1})");
}

TEST(Hello, ASessionIsNewEachTime) {
  const std::string session = new_session();
  EXPECT_TRUE(proto::is_session(session));
  EXPECT_NE(session, new_session());
}

TEST(Hello, AHostsNameBecomesAClients) {
  EXPECT_EQ(fit_client_name("crawl-3.example.org"), "crawl-3.example.org");
  EXPECT_EQ(fit_client_name("my host/\xc3\xa9"), "my-host---");
  EXPECT_EQ(fit_client_name(std::string(300, 'x')), std::string(128, 'x'));
  EXPECT_TRUE(proto::is_client_name(fit_client_name("")));
}

}  // namespace
}  // namespace crawlspool::client
