#include "daemon/session/register.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/forgetful_file_system.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"

namespace crawlspool::session {
namespace {

using spool::SessionKey;
using Verdict = LeaseReply::Verdict;

constexpr std::int64_t kHourMs = 60LL * 60 * 1000;

base::MachineKey machine(unsigned char last_byte) {
  base::MachineKey key;
  key.bytes.fill(7);
  key.bytes.back() = last_byte;
  return key;
}

class SessionRegisterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = test::open_spool(disk, clock);
    ASSERT_TRUE(opened);
    spool = std::move(*opened);
    static_cast<void>(spool->maintain());  // looks at the clock
  }
  void limit(std::uint64_t sessions_max, std::int64_t age_ms_max = 0) {
    sessions.emplace(*spool, SessionRegister::Limits{sessions_max, age_ms_max}, clock);
  }
  [[nodiscard]] LeaseReply ask(SessionKey session, const std::string& client = "w", unsigned char from = 1,
                               const std::string& user = {}) {
    LeaseRequest request;
    request.session = session;
    request.owner = {client, user};
    request.machine = machine(from);
    return sessions->reply_to(request);
  }
  // A record of the session is stored.
  void bring(SessionKey session, std::uint64_t seq, std::uint64_t rejected = 0, const std::string& user = {}) {
    const spool::SessionMark marks[] = {{session, {"w", user}, seq, rejected}};
    spool->note(marks);
    sessions->brought(session);
  }
  // One that came, sent and went.
  void remember(SessionKey session, unsigned char from = 1) {
    ASSERT_EQ(ask(session, "w", from).verdict, Verdict::kGranted) << session;
    bring(session, 1);
    sessions->ended(session);
  }
  [[nodiscard]] bool is_remembered(SessionKey session) const { return spool->sessions().find(session) != nullptr; }

  test::ForgetfulDisk disk;
  test::ManualClock clock;
  std::unique_ptr<spool::Spool> spool;
  std::optional<SessionRegister> sessions;
};

TEST_F(SessionRegisterTest, ANewSessionIsGrantedAndUnknownAnOldOneIsTold) {
  limit(0);
  EXPECT_EQ(ask(7).verdict, Verdict::kGranted);
  EXPECT_FALSE(ask(7).known);
  bring(7, 42, 3);
  const LeaseReply again = ask(7);
  EXPECT_TRUE(again.known);
  EXPECT_EQ(again.last_seq, 42U);
  EXPECT_EQ(again.rejected, 3U);
}

TEST_F(SessionRegisterTest, AnotherClientIsRefusedWhetherTheSessionIsRememberedOrOnlyConnected) {
  limit(0);
  ASSERT_EQ(ask(7, "w").verdict, Verdict::kGranted);
  EXPECT_EQ(ask(7, "x").verdict, Verdict::kOtherClient);
  EXPECT_EQ(ask(7, "").verdict, Verdict::kOtherClient);
  bring(7, 1);
  sessions->ended(7);
  EXPECT_EQ(ask(7, "x").verdict, Verdict::kOtherClient);
  EXPECT_EQ(ask(7, "w").verdict, Verdict::kGranted);
}

TEST_F(SessionRegisterTest, ASessionOfOneUserIsRefusedToAnyOther) {
  limit(0);
  ASSERT_EQ(ask(7, "w", 1, "spider").verdict, Verdict::kGranted);
  EXPECT_EQ(ask(7, "w", 1, "thief").verdict, Verdict::kOtherUser);
  EXPECT_EQ(ask(7, "w").verdict, Verdict::kOtherUser);
  bring(7, 1, 0, "spider");
  sessions->ended(7);
  EXPECT_EQ(ask(7, "w").verdict, Verdict::kOtherUser);
  EXPECT_EQ(ask(7, "x", 1, "spider").verdict, Verdict::kOtherClient);
  EXPECT_EQ(ask(7, "w", 1, "spider").verdict, Verdict::kGranted);
}

TEST_F(SessionRegisterTest, ASessionWithoutAUserIsTheFirstOnesThatBringsToIt) {
  limit(0);
  remember(7);
  ASSERT_EQ(ask(7, "w", 1, "spider").verdict, Verdict::kGranted);
  bring(7, 2, 0, "spider");
  sessions->ended(7);
  EXPECT_EQ(ask(7, "w").verdict, Verdict::kOtherUser);
  EXPECT_EQ(ask(7, "w", 1, "spider").verdict, Verdict::kGranted);
}

TEST_F(SessionRegisterTest, OneThatNeverSentAnythingIsNotRemembered) {
  limit(0);
  ASSERT_EQ(ask(7, "w").verdict, Verdict::kGranted);
  sessions->ended(7);
  EXPECT_EQ(sessions->connected(), 0U);
  EXPECT_EQ(ask(7, "x").verdict, Verdict::kGranted);
}

TEST_F(SessionRegisterTest, ItStaysConnectedUntilEachConnectionHasEnded) {
  limit(0);
  static_cast<void>(ask(7));
  static_cast<void>(ask(7));
  sessions->ended(7);
  EXPECT_EQ(sessions->connected(), 1U);
  sessions->ended(7);
  EXPECT_EQ(sessions->connected(), 0U);
  sessions->ended(7);  // one too many
  EXPECT_EQ(sessions->connected(), 0U);
}

TEST_F(SessionRegisterTest, OneMachineHoldsATenthAndGetsItBack) {
  limit(30);
  for (SessionKey session = 1; session <= 3; ++session) ASSERT_EQ(ask(session).verdict, Verdict::kGranted);
  EXPECT_EQ(ask(4).verdict, Verdict::kTooMany);
  EXPECT_EQ(ask(4, "w", 2).verdict, Verdict::kGranted);
  EXPECT_EQ(ask(1).verdict, Verdict::kGranted);  // its own
  sessions->ended(2);
  EXPECT_EQ(ask(5).verdict, Verdict::kGranted);
  bring(3, 1);
  sessions->ended(3);  // remembered: it counts on
  EXPECT_EQ(ask(6).verdict, Verdict::kTooMany);
}

TEST_F(SessionRegisterTest, AFullTableForgetsTheOneUsedLongestAgoButNoneOfTheLastHour) {
  limit(3);
  for (unsigned char n = 1; n <= 3; ++n) {
    remember(n, n);
    clock.advance_ms(1000);
  }
  EXPECT_EQ(ask(9, "w", 9).verdict, Verdict::kTooMany);
  clock.advance_ms(kHourMs);
  EXPECT_EQ(ask(9, "w", 9).verdict, Verdict::kGranted);
  EXPECT_FALSE(is_remembered(1));
  EXPECT_TRUE(is_remembered(2));
}

TEST_F(SessionRegisterTest, AConnectedOneIsNotForgottenHoweverLongItSaysNothing) {
  limit(2, 2 * kHourMs);
  remember(1, 1);
  remember(2, 2);
  ASSERT_EQ(ask(1, "w", 1).verdict, Verdict::kGranted);
  clock.advance_ms(3 * kHourMs);
  EXPECT_EQ(ask(9, "w", 9).verdict, Verdict::kGranted);
  EXPECT_TRUE(is_remembered(1));
  EXPECT_FALSE(is_remembered(2));
  sessions->forget_old();
  EXPECT_TRUE(is_remembered(1));
}

TEST_F(SessionRegisterTest, OneThatWasUsedSinceItWasACandidateIsNot) {
  limit(3);
  for (unsigned char n = 1; n <= 3; ++n) remember(n, n);
  clock.advance_ms(2 * kHourMs);
  ASSERT_EQ(ask(11, "w", 11).verdict, Verdict::kGranted);  // one of them goes, the others are candidates
  std::vector<SessionKey> left;
  for (SessionKey n = 1; n <= 3; ++n)
    if (is_remembered(n)) left.push_back(n);
  ASSERT_EQ(left.size(), 2U);
  bring(left.front(), 2);
  ASSERT_EQ(ask(12, "w", 12).verdict, Verdict::kGranted);
  EXPECT_TRUE(is_remembered(left.front()));
  EXPECT_FALSE(is_remembered(left.back()));
}

TEST_F(SessionRegisterTest, OldAgeForgetsAndNotWhileTheClockIsNotBelieved) {
  limit(0, 24 * kHourMs);
  remember(1);
  clock.advance_ms(25 * kHourMs);
  remember(2);
  sessions->forget_old();
  EXPECT_FALSE(is_remembered(1));
  EXPECT_TRUE(is_remembered(2));
  clock.jump_wall_us(48 * kHourMs * 1000);
  static_cast<void>(spool->maintain());
  sessions->forget_old();
  EXPECT_TRUE(is_remembered(2));
}

}  // namespace
}  // namespace crawlspool::session
