// Records that are given up keep their number, and a new hello passes it.
#include "tests/clients/cpp/session_fixture.h"

namespace crawlspool::client {
namespace {

const std::string kTooLarge(11, 'x');
constexpr WelcomeSpec kSmallRecords{.record_bytes_max = 10};

WelcomeSpec small_records(std::uint64_t last_seq) {
  WelcomeSpec spec = kSmallRecords;
  spec.last_seq = last_seq;
  return spec;
}

TEST_F(SessionTest, ATooLargeRecordIsNotSentAndItsNumberIsPassedOnceAllBelowIsSettled) {
  begin();
  add("1");
  add(kTooLarge);
  add("3");
  static_cast<void>(connect_and_welcome(kSmallRecords));
  EXPECT_EQ(sent(), SentFrames{plain("1")});
  const auto events = session->take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kTooLarge);
  EXPECT_EQ(events[0].place.line, 2U);
  EXPECT_EQ(events[0].count, 10U);
  EXPECT_FALSE(ending());
  ack(1);
  EXPECT_EQ(sent(), SentFrames{});
  EXPECT_EQ(ending(), Ending::Kind::kAtOnce);
  EXPECT_EQ(session->ending()->why, "");
  session->disconnected();
  EXPECT_EQ(connect().from, 3U);
  welcome(small_records(2));
  EXPECT_EQ(sent(), SentFrames{plain("3")});
  ack(3);
  EXPECT_EQ(counts().stored, 2U);
  EXPECT_EQ(counts().rejected, 1U);
  EXPECT_EQ(counts().resent, 0U);
  EXPECT_EQ(session->acknowledged().seq, 3U);
}

TEST_F(SessionTest, ATooLargeRecordAtTheEndNeedsNoFurtherConnection) {
  begin();
  add("1");
  add(kTooLarge);
  static_cast<void>(connect_and_welcome(kSmallRecords));
  static_cast<void>(sent());
  EXPECT_FALSE(session->is_all_acknowledged());
  ack(1);
  EXPECT_EQ(sent(), SentFrames{});
  EXPECT_FALSE(ending());
  EXPECT_TRUE(session->is_all_acknowledged());
  EXPECT_EQ(session->acknowledged().seq, 2U);
}

TEST_F(SessionTest, TooLargeRecordsInARowArePassedAtOnce) {
  begin();
  add("1");
  for (int i = 0; i < 3; ++i) add(kTooLarge);
  add("5");
  static_cast<void>(connect_and_welcome(kSmallRecords));
  static_cast<void>(sent());
  ack(1);
  static_cast<void>(sent());
  session->disconnected();
  EXPECT_EQ(connect().from, 5U);
}

TEST_F(SessionTest, ATooLargeRecordBeforeTheFirstHelloIsPassedByIt) {
  begin();
  session->add_too_large({0, 1, 0}, 10);
  EXPECT_FALSE(session->needs_connection());
  EXPECT_TRUE(session->is_all_acknowledged());
  add("2");
  EXPECT_EQ(connect().from, 2U);
  welcome({.last_seq = 1});
  EXPECT_EQ(sent(), SentFrames{plain("2")});
  EXPECT_EQ(counts().rejected, 1U);
}

TEST_F(SessionTest, AGapWaitsForWhatIsBelowIt) {
  begin();
  add(3);
  session->add_too_large({0, 4, 0}, 10);
  add("5");
  static_cast<void>(connect_and_welcome());
  EXPECT_EQ(sent(), SentFrames{batch("1\n2\n3\n")});
  ack(2);
  EXPECT_EQ(sent(), SentFrames{});
  EXPECT_FALSE(ending());
  reconnect({.last_seq = 2});
  EXPECT_EQ(sent(), SentFrames{plain("3")});
  ack(3);
  static_cast<void>(sent());
  EXPECT_EQ(ending(), Ending::Kind::kAtOnce);
}

TEST_F(SessionTest, ARecordWhoseFrameIsRefusedCountsAsRejectedAndIsPassed) {
  begin();
  add("1");
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  add("2");
  static_cast<void>(sent());
  add("3");
  static_cast<void>(sent());
  ack(1);
  refuse_frame("frame_too_large", 2);
  EXPECT_EQ(ending(), Ending::Kind::kAtOnce);
  const auto events = session->take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kRejected);
  EXPECT_EQ(events[0].reply.word, "frame_too_large");
  EXPECT_EQ(events[0].place.line, 2U);
  session->disconnected();
  EXPECT_EQ(connect().from, 3U);
  welcome({.last_seq = 2});
  EXPECT_EQ(sent(), SentFrames{plain("3")});
  EXPECT_EQ(counts().rejected, 1U);
}

TEST_F(SessionTest, ARefusedRecordThatTheServerCountsAsRejectedIsNotMissed) {
  begin();
  add("1");
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  refuse_frame("frame_too_large", 1);
  static_cast<void>(new_events());
  session->disconnected();
  add("2");
  static_cast<void>(connect_and_welcome({.last_seq = 1, .rejected = 1}));
  EXPECT_EQ(new_events(), std::vector<Kind>{});
  static_cast<void>(sent());
  reconnect({.last_seq = 2, .rejected = 2});
  EXPECT_EQ(new_events(), std::vector{Kind::kRejectedUnseen});
  EXPECT_EQ(counts().rejected, 2U);
}

TEST_F(SessionTest, ARefusedRecordBehindUnacknowledgedOnesIsPassedLater) {
  begin();
  add("1");
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  add("2");
  static_cast<void>(sent());
  refuse_frame("frame_too_large", 2);
  reconnect({});
  EXPECT_EQ(sent(), SentFrames{plain("1")});
  ack(1);
  EXPECT_TRUE(session->is_all_acknowledged());
  EXPECT_EQ(counts().stored, 1U);
  EXPECT_EQ(counts().rejected, 1U);
}

TEST_F(SessionTest, GapsAreNotCountedAsTheServersRejects) {
  begin();
  add(kTooLarge);
  add("2");
  static_cast<void>(connect_and_welcome(kSmallRecords));
  static_cast<void>(sent());
  session->disconnected();
  static_cast<void>(connect_and_welcome(small_records(1)));
  static_cast<void>(sent());
  reconnect(small_records(2));
  EXPECT_TRUE(session->is_all_acknowledged());
  EXPECT_EQ(session->acknowledged().rejected, 0U);
  EXPECT_EQ(counts().rejected, 1U);
  EXPECT_EQ(counts().stored, 1U);
}

}  // namespace
}  // namespace crawlspool::client
