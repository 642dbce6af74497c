// A session that outlives its process: the next one goes on with its numbers.
#include "tests/clients/cpp/session_fixture.h"

namespace crawlspool::client {
namespace {

// Records up to 4 are acknowledged, one of them rejected.
SessionSettings kept(SessionSettings settings) {
  settings.is_kept = true;
  settings.first_seq = 5;
  settings.rejected_before = 1;
  settings.may_be_sent_before = true;
  return settings;
}

TEST_F(SessionTest, GoesOnWithTheNumbersOfTheProcessBefore) {
  begin(kept(settings()));
  EXPECT_EQ(session->acknowledged().seq, 4U);
  add(2);
  EXPECT_EQ(connect().from, 5U);
  welcome({.last_seq = 4, .rejected = 1});
  EXPECT_EQ(sent(), SentFrames{batch("5\n6\n")});
  EXPECT_EQ(new_events(), std::vector<Kind>{});
}

TEST_F(SessionTest, SkipsWhatTheProcessBeforeHasSent) {
  begin(kept(settings()));
  maybe_sent = true;
  add(2);
  static_cast<void>(connect_and_welcome({.last_seq = 8, .rejected = 1}));
  EXPECT_TRUE(session->is_all_acknowledged());
  EXPECT_EQ(session->known_through(), 8U);
  add(3);
  EXPECT_EQ(session->acknowledged().seq, 8U);
  EXPECT_EQ(session->acknowledged().place.line, 8U);
  EXPECT_EQ(sent(), SentFrames{plain("9")});
  ack(9);
  EXPECT_EQ(counts().skipped, 4U);
  EXPECT_EQ(counts().stored, 1U);
  EXPECT_EQ(counts().resent, 0U);
}

TEST_F(SessionTest, CountsWhatWasRejectedAndNotSeenByTheProcessBefore) {
  begin(kept(settings()));
  maybe_sent = true;
  add(1);
  static_cast<void>(connect_and_welcome({.last_seq = 7, .rejected = 3}));
  const auto events = session->take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::kRejectedUnseen);
  EXPECT_EQ(events[0].count, 2U);
  add(3);
  EXPECT_EQ(counts().rejected, 2U);
  EXPECT_EQ(counts().skipped, 1U);
}

TEST_F(SessionTest, UnseenRejectsAreCountedOnceThoughTheConnectionBreaksMeanwhile) {
  begin(kept(settings()));
  maybe_sent = true;
  add(1);
  static_cast<void>(connect_and_welcome({.last_seq = 7, .rejected = 3}));
  reconnect({.last_seq = 7, .rejected = 3});
  add(3);
  EXPECT_EQ(counts().rejected, 2U);
  EXPECT_EQ(counts().skipped, 1U);
}

TEST_F(SessionTest, ATooLargeRecordIsNotSkippedAsStored) {
  begin(kept(settings()));
  maybe_sent = true;
  add(1);
  static_cast<void>(connect_and_welcome({.last_seq = 7, .rejected = 1, .record_bytes_max = 5}));
  add("too large");
  add(1);
  EXPECT_EQ(new_events(), std::vector{Kind::kTooLarge});
  EXPECT_EQ(counts().rejected, 1U);
  EXPECT_EQ(counts().skipped, 2U);
  EXPECT_EQ(session->acknowledged().seq, 7U);
}

TEST_F(SessionTest, AKeptSessionOfSomeoneElseIsFinalAndNeverExchanged) {
  begin(kept(settings()));
  maybe_sent = true;
  add(2);
  maybe_sent = false;
  add(1);
  EXPECT_EQ(connect_and_welcome({.last_seq = 7, .rejected = 1}).session, settings().session);
  EXPECT_EQ(new_events(), std::vector<Kind>{});
  EXPECT_EQ(ending(), Ending::Kind::kFinal);
}

TEST_F(SessionTest, AKeptSessionOfSomeoneElseIsFoundOutWithTheFirstRecordThatWasNeverSent) {
  begin(kept(settings()));
  maybe_sent = true;
  add(2);
  static_cast<void>(connect_and_welcome({.last_seq = 8, .rejected = 1}));
  add(1);
  EXPECT_FALSE(ending());
  maybe_sent = false;
  add(1);
  EXPECT_EQ(ending(), Ending::Kind::kFinal);
  EXPECT_EQ(session->known_through(), 8U);
}

TEST_F(SessionTest, AnotherAddressMustKnowTheSession) {
  SessionSettings chosen = kept(settings());
  chosen.is_elsewhere = true;
  maybe_sent = true;
  const auto ending_with = [&](const WelcomeSpec& spec) {
    begin(chosen);
    add(2);
    static_cast<void>(connect_and_welcome(spec));
    return ending();
  };
  EXPECT_EQ(ending_with({.last_seq = 4, .known = false}), Ending::Kind::kFinal);
  EXPECT_EQ(ending_with({.last_seq = 4, .rejected = 1}), std::nullopt);
  EXPECT_EQ(ending_with({.last_seq = 5, .rejected = 1}), std::nullopt);
  chosen.first_seq = 1;  // then every server welcomes the session alike until it has records of it
  EXPECT_EQ(ending_with({}), Ending::Kind::kFinal);
  EXPECT_EQ(ending_with({.last_seq = 1}), std::nullopt);
  chosen.may_be_sent_before = false;
  EXPECT_EQ(ending_with({}), std::nullopt);
}

TEST_F(SessionTest, AKeptSessionThatTheServerForgotIsTold) {
  begin(kept(settings()));
  add(1);
  static_cast<void>(connect_and_welcome({.last_seq = 4, .known = false}));
  EXPECT_EQ(new_events(), std::vector{Kind::kMayBeTwice});
  EXPECT_EQ(session->acknowledged().rejected, 0U);
}

TEST_F(SessionTest, AForgottenSessionIsNoTroubleWhereTheProcessBeforeLeftNothing) {
  SessionSettings chosen = kept(settings());
  chosen.may_be_sent_before = false;
  begin(chosen);
  add(1);
  static_cast<void>(connect_and_welcome({.last_seq = 4, .known = false}));
  EXPECT_EQ(new_events(), std::vector<Kind>{});
}

}  // namespace
}  // namespace crawlspool::client
