#include "clients/cpp/ending.h"

#include <gtest/gtest.h>

namespace crawlspool::client {
namespace {

using Kind = Ending::Kind;

Reply error(const std::string& code) { return parse_reply(R"({"error":{"code":")" + code + R"(","detail":"why"}})"); }
Reply goodbye(const std::string& reason) { return parse_reply(R"({"goodbye":{"reason":")" + reason + R"("}})"); }

TEST(Ending, WhatWillNotMendIsFinal) {
  for (const char* code : {"wrong_protocol", "frame_too_large", "unknown_frame_type", "bad_frame", "bad_hello",
                           "bad_batch", "session_mismatch"})
    EXPECT_EQ(Ending::of(error(code)).kind, Kind::kFinal) << code;
  EXPECT_EQ(Ending::of(goodbye("superseded")).kind, Kind::kFinal);
}

TEST(Ending, WhatPassesIsForLater) {
  for (const char* code :
       {"frame_timeout", "too_many_sessions", "too_many_connections", "slow_reader", "spool_failed", "some_new_code"})
    EXPECT_EQ(Ending::of(error(code)).kind, Kind::kLater) << code;
  for (const char* reason : {"draining", "idle_timeout", "bye", "some_new_reason"})
    EXPECT_EQ(Ending::of(goodbye(reason)).kind, Kind::kLater) << reason;
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

}  // namespace
}  // namespace crawlspool::client
