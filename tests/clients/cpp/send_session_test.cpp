#include "clients/cpp/send_session.h"

#include "tests/clients/cpp/session_fixture.h"

namespace crawlspool::client {
namespace {

TEST_F(SessionTest, SaysHelloAndWaitsForTheWelcome) {
  SessionSettings chosen = settings();
  chosen.stream = "s";
  begin(chosen);
  add(2);
  const auto hello = connect();
  EXPECT_EQ(hello.client, "c");
  EXPECT_EQ(hello.stream, "s");
  EXPECT_EQ(hello.session, chosen.session);
  EXPECT_EQ(hello.from, 1U);
  EXPECT_TRUE(hello.heartbeat);
  EXPECT_EQ(sent(), SentFrames{});
  welcome({});
  EXPECT_EQ(sent(), SentFrames{batch("1\n2\n")});
}

TEST_F(SessionTest, NeedsAConnectionOnlyForRecords) {
  begin();
  EXPECT_FALSE(session->needs_connection());
  add(1);
  EXPECT_TRUE(session->needs_connection());
  static_cast<void>(connect_and_welcome());
  EXPECT_FALSE(session->needs_connection());
}

TEST_F(SessionTest, AnAckSettlesEverythingUpToIt) {
  begin();
  add(5);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(3);
  ack(3);
  ack(1);
  EXPECT_EQ(counts().stored, 3U);
  EXPECT_EQ(session->unacknowledged(), 2U);
  EXPECT_EQ(session->acknowledged().seq, 3U);
  EXPECT_EQ(session->acknowledged().place.line, 3U);
  ack(5);
  EXPECT_TRUE(session->is_all_acknowledged());
  EXPECT_EQ(session->held_bytes(), 0U);
  EXPECT_FALSE(ending());
}

TEST_F(SessionTest, AnAckOfWhatWasNotWrittenIsFinal) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome());
  session->wrote(session->output().size() - 1);
  ack(1);
  EXPECT_EQ(ending(), Ending::Kind::kFinal);
  EXPECT_EQ(counts().stored, 0U);
}

TEST_F(SessionTest, ARejectNamesItsPlaceOnceAndIsNotCountedAsAcked) {
  begin();
  add(3);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  reject(2);
  reject(2);
  const auto events = session->take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kRejected);
  EXPECT_EQ(events[0].place.line, 2U);
  EXPECT_EQ(events[0].reply.word, "invalid_json");
  EXPECT_EQ(session->unacknowledged(), 2U);
  ack(3);
  EXPECT_EQ(counts().stored, 2U);
  EXPECT_EQ(counts().rejected, 1U);
  EXPECT_EQ(session->acknowledged().rejected, 1U);
}

TEST_F(SessionTest, ARejectOfANumberThatIsNotUnderWayIsIgnored) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(1);
  for (const std::uint64_t seq : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, UINT64_MAX}) reject(seq);
  EXPECT_EQ(counts().rejected, 0U);
}

TEST_F(SessionTest, ANewConnectionGetsWhatTheWelcomeDoesNotCover) {
  begin();
  add(5);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(1);
  session->disconnected();
  EXPECT_TRUE(session->needs_connection());
  const auto hello = connect_and_welcome({.last_seq = 3});
  EXPECT_EQ(hello.session, settings().session);
  EXPECT_EQ(hello.from, 2U);
  EXPECT_EQ(sent(), SentFrames{batch("4\n5\n")});
  ack(5);
  EXPECT_EQ(counts().stored, 5U);
  EXPECT_EQ(counts().resent, 2U);
  EXPECT_EQ(counts().skipped, 0U);
}

TEST_F(SessionTest, AHalfWrittenFrameGoesAgainWhole) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(session->output());
  session->wrote(3);
  reconnect({});
  EXPECT_EQ(sent(), SentFrames{batch("1\n2\n")});
}

TEST_F(SessionTest, ARejectThatWasNotSettledMayComeAgainAndCountsOnce) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  reject(2);
  reconnect({.last_seq = 1});
  EXPECT_EQ(sent(), SentFrames{plain("2")});
  reject(2);
  ack(2);
  EXPECT_EQ(new_events(), std::vector{Kind::kRejected});
  EXPECT_EQ(counts().stored, 1U);
  EXPECT_EQ(counts().rejected, 1U);
}

TEST_F(SessionTest, RejectsThatWereLostWithTheConnectionAreCounted) {
  begin();
  add(5);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  reject(1);
  reconnect({.last_seq = 4, .rejected = 3});
  const auto events = session->take_events();
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[1].kind, Kind::kRejectedUnseen);
  EXPECT_EQ(events[1].count, 2U);
  EXPECT_EQ(counts().rejected, 3U);
  EXPECT_EQ(counts().stored, 1U);
  EXPECT_EQ(session->acknowledged().rejected, 3U);
  static_cast<void>(sent());
  ack(5);
  EXPECT_EQ(counts().stored, 2U);
}

TEST_F(SessionTest, ARejectThatWasSeenAndSettledIsNotMissed) {
  begin();
  add(3);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  reject(1);
  ack(2);
  reconnect({.last_seq = 2, .rejected = 1});
  EXPECT_EQ(new_events(), std::vector{Kind::kRejected});
  EXPECT_EQ(counts().rejected, 1U);
}

TEST_F(SessionTest, ASessionOfSomeoneElseIsExchangedAndEverythingGoesAgain) {
  begin();
  add(3);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(1);
  reconnect({.last_seq = 17});
  EXPECT_EQ(new_events(), std::vector{Kind::kNewSession});
  EXPECT_EQ(ending(), Ending::Kind::kLater);
  session->disconnected();
  const auto hello = connect_and_welcome({.known = false});
  EXPECT_NE(hello.session, settings().session);
  EXPECT_EQ(hello.from, 1U);
  EXPECT_EQ(sent(), SentFrames{batch("2\n3\n")});
  ack(2);
  EXPECT_EQ(counts().stored, 3U);
  EXPECT_EQ(new_events(), std::vector<Kind>{});
}

TEST_F(SessionTest, AServerThatForgotTheSessionIsTold) {
  begin();
  add(3);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(1);
  reconnect({.last_seq = 1, .known = false});
  EXPECT_EQ(new_events(), std::vector{Kind::kMayBeTwice});
  EXPECT_EQ(sent(), SentFrames{batch("2\n3\n")});
}

TEST_F(SessionTest, AForgottenSessionIsNoTroubleWhereNothingWasUnderWay) {
  begin();
  add(1);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(1);
  session->disconnected();
  add(1);
  static_cast<void>(connect_and_welcome({.last_seq = 1, .known = false}));
  EXPECT_EQ(new_events(), std::vector<Kind>{});
  EXPECT_EQ(sent(), SentFrames{plain("2")});
}

TEST_F(SessionTest, AWelcomeBehindWhatIsSettledIsFinal) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(2);
  session->disconnected();
  add(1);
  static_cast<void>(connect_and_welcome({.last_seq = 1}));
  EXPECT_EQ(ending(), Ending::Kind::kFinal);
}

TEST_F(SessionTest, PingsAreAnsweredWithTheirPayload) {
  begin();
  add(1);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  say(R"({"ping":null})");
  say(R"({"ping":[1]})");
  say(R"({"ping":")" + std::string(300, 'x') + R"("})");
  EXPECT_EQ(
      sent(),
      (SentFrames{{proto::FrameType::kPong, ""}, {proto::FrameType::kPong, "[1]"}, {proto::FrameType::kPong, ""}}));
}

TEST_F(SessionTest, SlowAndResumeAreToldAndChangeNothing) {
  begin();
  add(1);
  static_cast<void>(connect_and_welcome());
  say(R"({"slow":{"reason":"disk_full","retry_after_ms":1000}})");
  say(R"({"resume":{}})");
  EXPECT_EQ(new_events(), (std::vector{Kind::kSlow, Kind::kResume}));
  EXPECT_EQ(sent(), SentFrames{plain("1")});
}

TEST_F(SessionTest, WeakAcksAreToldOnce) {
  begin();
  add(1);
  for (int i = 0; i < 2; ++i) {
    static_cast<void>(connect());
    say(R"({"welcome":{"last_seq":0,"known":false,"ack":"written"}})");
    session->disconnected();
  }
  EXPECT_EQ(new_events(), std::vector{Kind::kAcksUnsynced});
}

TEST_F(SessionTest, NothingBehindTheServersLastWordCounts) {
  begin();
  add(2);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(1);
  say(R"({"goodbye":{"reason":"draining","detail":"d","reconnect_after_ms":700}})");
  ack(2);
  EXPECT_EQ(ending(), Ending::Kind::kLater);
  EXPECT_EQ(session->ending()->reconnect_after_ms, 700);
  EXPECT_EQ(counts().stored, 1U);
}

TEST_F(SessionTest, ByeIsTheLastFrame) {
  begin();
  add(1);
  static_cast<void>(connect_and_welcome());
  static_cast<void>(sent());
  ack(1);
  session->say_bye();
  EXPECT_EQ(sent(), (SentFrames{{proto::FrameType::kBye, ""}}));
}

}  // namespace
}  // namespace crawlspool::client
