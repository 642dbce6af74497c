#include "daemon/spool/lines/sessions.h"

#include <gtest/gtest.h>

#include <string>

#include "daemon/spool/recovery/session_replay.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using test::make_line;

TEST(SessionDigits, AreSixteenLowerCaseHexDigitsAndReadBack) {
  EXPECT_EQ(session_digits(0), "0000000000000000");
  EXPECT_EQ(session_digits(0xc1f2000000000abc), "c1f2000000000abc");
  for (SessionKey key = 1; key != 0; key <<= 1U) {
    EXPECT_EQ(parse_session_digits(session_digits(key)), key);
    EXPECT_EQ(parse_session_digits(session_digits(~key)), ~key);
  }
}

TEST(SessionDigits, NothingElseIsRead) {
  for (const std::string text : {"", "1", "c1f2000000000ab", "c1f2000000000abcd", "C1f2000000000abc",
                                 "0x00000000000abc", "c1f2 00000000abc", "-000000000000001", "c1f200000000g000"})
    EXPECT_FALSE(parse_session_digits(text)) << text;
  EXPECT_FALSE(parse_session_digits(std::string("c1f200000000000\0", 16)));
}

TEST(SessionTable, ANumberNeverGoesBackAndNeitherDoesTheTime) {
  SessionTable table;
  EXPECT_EQ(table.find(7), nullptr);
  table.advance(7, {"worker"}, 5, 100);
  table.advance(7, {"worker"}, 3, 50);
  ASSERT_NE(table.find(7), nullptr);
  EXPECT_EQ(table.find(7)->last_seq, 5U);
  EXPECT_EQ(table.find(7)->last_used_us, 100);
  table.advance(7, {"worker"}, ~std::uint64_t{0}, 101);
  EXPECT_EQ(table.find(7)->last_seq, ~std::uint64_t{0});
  EXPECT_EQ(table.find(7)->last_used_us, 101);
  EXPECT_EQ(table.size(), 1U);
}

TEST(SessionTable, AClientIsKnownByTheFirstNameItGave) {
  SessionTable table;
  table.advance(7, {}, 1, 1);
  EXPECT_EQ(table.find(7)->owner.client, "");
  table.advance(7, {"first"}, 2, 2);
  table.advance(7, {"second"}, 3, 3);
  table.advance(7, {}, 4, 4);
  EXPECT_EQ(table.find(7)->owner.client, "first");
}

TEST(SessionTable, AUserIsThatOfTheFirstRecordThatHasOne) {
  SessionTable table;
  table.advance(7, {"w", ""}, 1, 1);
  table.advance(7, {"w", "spider"}, 2, 2);
  table.advance(7, {"w", "other"}, 3, 3);
  EXPECT_EQ(table.find(7)->owner.user, "spider");
  EXPECT_EQ(envelope_owner(R"({"ts":"","client":"w","user":"spider","session":"00","seq":1,"peer":"p")").user,
            "spider");
}

TEST(SessionTable, RejectsAddUpAndAForgottenSessionBeginsAnew) {
  SessionTable table;
  table.advance(7, {}, 5, 1, 2);
  table.advance(7, {}, 6, 2, 1);
  EXPECT_EQ(table.find(7)->rejected, 3U);
  table.forget(7);
  EXPECT_EQ(table.find(7), nullptr);
  table.advance(7, {}, 1, 3);
  EXPECT_EQ(table.find(7)->rejected, 0U);
}

TEST(SessionTable, SessionsDoNotShareTheirNumbers) {
  SessionTable table;
  for (SessionKey key = 0; key < 1000; ++key) table.advance(key, {}, key * 2, 1);
  EXPECT_EQ(table.size(), 1000U);
  for (const auto& [key, state] : table) EXPECT_EQ(state.last_seq, key * 2);
}

class SessionReplayTest : public ::testing::Test {
 protected:
  void add(const std::string& line) {
    const auto sound = check_line(line);
    ASSERT_TRUE(sound) << line;
    replay.add(*sound);
  }
  SessionReplay replay;
};

TEST_F(SessionReplayTest, LinesOfASessionBringItsNumberAndTime) {
  add(make_line({.seq = 41, .ts_us = test::kLineTimeUs, .session = 7, .client = "worker"}));
  add(test::marked(make_line({.seq = 42, .ts_us = test::kLineTimeUs + 5, .session = 7}), 100));
  ASSERT_NE(replay.sessions.find(7), nullptr);
  EXPECT_EQ(replay.sessions.find(7)->last_seq, 42U);
  EXPECT_EQ(replay.sessions.find(7)->owner.client, "worker");
  EXPECT_EQ(replay.sessions.find(7)->last_used_us, test::kLineTimeUs + 5);
  EXPECT_EQ(replay.newest_us, test::kLineTimeUs + 5);
  EXPECT_EQ(replay.lines, 2U);
}

TEST_F(SessionReplayTest, OtherLinesOnlyCount) {
  add(make_line({.seq = 1}));                // a connection's number, of no session
  add(make_line({.seq = 0}));                // over HTTP
  add(make_line({.seq = 0, .session = 7}));  // a session without a number
  EXPECT_EQ(replay.sessions.size(), 0U);
  EXPECT_EQ(replay.lines, 3U);
}

TEST_F(SessionReplayTest, ARecordThatLooksLikeAnEnvelopeBringsNothing) {
  add(make_line({.seq = 1, .record = R"({"session":"00000000000000aa","seq":99,"ts":"2030-01-01T00:00:00.000000Z"})"}));
  EXPECT_EQ(replay.sessions.size(), 0U);
  EXPECT_EQ(replay.newest_us, test::kLineTimeUs);
}

TEST_F(SessionReplayTest, TheNewestTimeIsTheLastLinesThoughTheClockMayHaveGoneBack) {
  add(make_line({.ts_us = test::kLineTimeUs}));
  add(make_line({.ts_us = test::kLineTimeUs - 1}));
  EXPECT_EQ(replay.newest_us, test::kLineTimeUs - 1);
}

}  // namespace
}  // namespace crawlspool::spool
