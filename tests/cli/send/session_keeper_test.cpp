#include "cli/send/session_keeper.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "daemon/spool/lines/line.h"
#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using SentBehind = SessionKeeper::SentBehind;
using test::code_of;

class SessionKeeperTest : public ::testing::Test {
 protected:
  [[nodiscard]] base::Result<std::unique_ptr<SessionKeeper>> open(const std::string& server = "a:1",
                                                                  const std::optional<std::string>& client = {}) const {
    return SessionKeeper::open({temp.file("s"), input, client, "host", server});
  }
  [[nodiscard]] static client::SessionSettings settings(const SessionKeeper& keeper) {
    client::SessionSettings settings;
    keeper.apply_to(settings);
    return settings;
  }
  // A process that sends `covered` bytes, sees the first record acknowledged, and ends.
  void run_once(std::uint64_t covered, SentBehind behind) const {
    const auto keeper = open();
    ASSERT_TRUE(keeper) << keeper.error().message();
    ASSERT_TRUE((*keeper)->cover(covered));
    ASSERT_TRUE((*keeper)->finish({1, {0, 2, 3}, 1}, behind));
  }
  void append(const std::string& text) const { std::ofstream(input, std::ios::app) << text; }
  [[nodiscard]] SessionState in_file() const {
    return parse_session_state(test::read_all(temp.file("s"))).value_or(SessionState{});
  }

  test::TempDir temp{test::memory_directory()};
  const std::string input = temp.write("items.ndjson", "\n1\n22\n");
};

TEST_F(SessionKeeperTest, BeginsASessionUnderTheHostsNameOrTheGivenOne) {
  {
    const auto keeper = open();
    ASSERT_TRUE(keeper);
    EXPECT_EQ(settings(**keeper).client, "host");
    EXPECT_EQ(settings(**keeper).session.size(), 32U);
    EXPECT_EQ(settings(**keeper).first_seq, 1U);
    EXPECT_TRUE(settings(**keeper).is_kept);
    EXPECT_FALSE(settings(**keeper).may_be_sent_before);
  }
  EXPECT_EQ(settings(**open("a:1", "other")).client, "other");
}

TEST_F(SessionKeeperTest, TheSessionIsOnTheDiskBeforeTheFirstRecordGoesOut) {
  const auto keeper = open();
  ASSERT_TRUE(keeper);
  EXPECT_EQ(in_file().session, "");
  ASSERT_TRUE((*keeper)->cover(3));
  EXPECT_EQ(in_file().session, settings(**keeper).session);
  EXPECT_EQ(in_file().covered, (InputPrefix{6, spool::crc32("\n1\n22\n")}));
}

TEST_F(SessionKeeperTest, WhatIsCoveredGrowsWithTheFile) {
  const auto keeper = open();
  ASSERT_TRUE(keeper);
  ASSERT_TRUE((*keeper)->cover(3));
  append("333\n");
  ASSERT_TRUE((*keeper)->cover(6));
  EXPECT_EQ(in_file().covered.bytes, 6U);
  ASSERT_TRUE((*keeper)->cover(10));
  EXPECT_EQ(in_file().covered, (InputPrefix{10, spool::crc32("\n1\n22\n333\n")}));
}

TEST_F(SessionKeeperTest, GoesOnWhereTheLastProcessEnded) {
  run_once(3, SentBehind::kSomething);
  const std::string session = in_file().session;
  const auto keeper = open();
  ASSERT_TRUE(keeper);
  const auto now = settings(**keeper);
  EXPECT_EQ(now.session, session);
  EXPECT_EQ(now.first_seq, 2U);
  EXPECT_EQ(now.rejected_before, 1U);
  EXPECT_TRUE(now.may_be_sent_before);
  EXPECT_FALSE(now.is_elsewhere);
  EXPECT_TRUE((*keeper)->was_covered(6));
  EXPECT_FALSE((*keeper)->was_covered(7));
  RecordSource source({input}, 100);
  ASSERT_TRUE((*keeper)->begin(source));
  RecordLine line{};
  ASSERT_EQ(source.next(line), RecordSource::Step::kRecord);
  EXPECT_EQ(line.bytes, "22");
  EXPECT_EQ(line.number, 3U);
}

TEST_F(SessionKeeperTest, AProcessThatEndedCleanlyLeavesNothingInDoubt) {
  run_once(6, SentBehind::kNothing);
  EXPECT_EQ(in_file().covered, (InputPrefix{3, spool::crc32("\n1\n")}));
  EXPECT_FALSE(settings(**open("b:2")).may_be_sent_before);
}

TEST_F(SessionKeeperTest, AProcessThatSentNothingLeavesWhatTheOneBeforeLeft) {
  run_once(3, SentBehind::kSomething);
  append("333\n");
  {
    const auto keeper = open();
    ASSERT_TRUE(keeper);
    ASSERT_TRUE((*keeper)->cover(10));
    ASSERT_TRUE((*keeper)->finish({1, {}, 0}, SentBehind::kNothingByUs));
  }
  EXPECT_EQ(in_file().covered, (InputPrefix{6, spool::crc32("\n1\n22\n")}));
  EXPECT_EQ(in_file().number, 1U);
  EXPECT_EQ(in_file().rejected, 1U);
}

TEST_F(SessionKeeperTest, TheInputIsNotItsOwnSessionFile) {
  const std::string empty = temp.write("empty", "");
  EXPECT_EQ(code_of(SessionKeeper::open({empty, empty, {}, "host", "a:1"})), ErrorCode::kUsage);
}

TEST_F(SessionKeeperTest, SavesNowAndThen) {
  const auto keeper = open();
  ASSERT_TRUE(keeper);
  ASSERT_TRUE((*keeper)->cover(3));
  ASSERT_TRUE((*keeper)->keep({1, {0, 2, 3}, 0}, 10'000'000));
  EXPECT_EQ(in_file().number, 1U);
  ASSERT_TRUE((*keeper)->keep({2, {0, 3, 6}, 0}, 10'999'999));
  EXPECT_EQ(in_file().number, 1U);
  ASSERT_TRUE((*keeper)->keep({2, {0, 3, 6}, 0}, 11'000'000));
  EXPECT_EQ(in_file().number, 2U);
}

TEST_F(SessionKeeperTest, AFileThatHasGrownIsGoneOnWith) {
  run_once(6, SentBehind::kSomething);
  append("333\n");
  EXPECT_TRUE(open());
}

TEST_F(SessionKeeperTest, AFileWhoseSentPartHasChangedIsRefusedAndBothAreNamed) {
  run_once(6, SentBehind::kSomething);
  std::fstream(input, std::ios::in | std::ios::out).seekp(4) << "3";
  const auto keeper = open();
  ASSERT_FALSE(keeper);
  EXPECT_NE(keeper.error().message().find(temp.file("s")), std::string::npos);
  EXPECT_NE(keeper.error().message().find(input), std::string::npos);
  EXPECT_NE(keeper.error().message().find("have changed"), std::string::npos);
}

TEST_F(SessionKeeperTest, AFileThatIsShorterThanWhatWasSentIsRefused) {
  run_once(6, SentBehind::kSomething);
  std::filesystem::resize_file(input, 5);
  EXPECT_EQ(code_of(open()), ErrorCode::kDamaged);
}

TEST_F(SessionKeeperTest, AnotherFileOfTheSameNameIsRefused) {
  run_once(3, SentBehind::kSomething);
  static_cast<void>(temp.write("another", "\n9\n99\n"));
  std::filesystem::rename(temp.file("another"), input);
  const auto keeper = open();
  ASSERT_EQ(code_of(keeper), ErrorCode::kDamaged);
  EXPECT_NE(keeper.error().message().find("another file"), std::string::npos);
}

// As after a mount with another device number, on another machine, or restored from a backup.
TEST_F(SessionKeeperTest, ACopyOfWhatWasSentIsGoneOnWith) {
  run_once(3, SentBehind::kSomething);
  std::filesystem::copy_file(input, temp.file("copy"));
  std::filesystem::rename(temp.file("copy"), input);
  append("333\n");
  const auto keeper = open();
  ASSERT_TRUE(keeper) << keeper.error().message();
  EXPECT_EQ(settings(**keeper).first_seq, 2U);
}

TEST_F(SessionKeeperTest, ADeviceNumberThatHasChangedDoesNotMatter) {
  run_once(3, SentBehind::kSomething);
  SessionState state = in_file();
  ++state.device;
  static_cast<void>(temp.write("s", render(state)));
  const auto keeper = open();
  ASSERT_TRUE(keeper) << keeper.error().message();
  EXPECT_EQ(settings(**keeper).first_seq, 2U);
}

TEST_F(SessionKeeperTest, TheSameFileUnderAnotherNameIsGoneOnWith) {
  run_once(3, SentBehind::kSomething);
  std::filesystem::rename(input, temp.file("renamed"));
  EXPECT_TRUE(SessionKeeper::open({temp.file("s"), temp.file("renamed"), {}, "host", "a:1"}));
}

TEST_F(SessionKeeperTest, TheClientOfASessionStays) {
  run_once(3, SentBehind::kSomething);
  EXPECT_EQ(settings(**SessionKeeper::open({temp.file("s"), input, {}, "renamed-host", "a:1"})).client, "host");
  EXPECT_TRUE(open("a:1", "host"));
  EXPECT_EQ(code_of(open("a:1", "other")), ErrorCode::kConfig);
}

TEST_F(SessionKeeperTest, AnotherServerIsNotedOnceItHasTakenTheSession) {
  run_once(3, SentBehind::kSomething);
  {
    const auto keeper = open("b:2");
    ASSERT_TRUE(keeper);
    EXPECT_TRUE(settings(**keeper).is_elsewhere);
    ASSERT_TRUE((*keeper)->finish({1, {}, 0}, SentBehind::kNothingByUs));
  }
  EXPECT_EQ(in_file().server, "a:1");
  {
    const auto keeper = open("b:2");
    ASSERT_TRUE(keeper);
    ASSERT_TRUE((*keeper)->keep({1, {}, 0}, 10'000'000));
  }
  EXPECT_EQ(in_file().server, "b:2");
}

class LastLineTest : public SessionKeeperTest {
 protected:
  // `{}`, without a line end, is the last record sent, in line 4; then `text` is appended.
  void continue_last_line(const std::string& text) const {
    append("{}");
    {
      const auto keeper = open();
      ASSERT_TRUE(keeper);
      ASSERT_TRUE((*keeper)->cover(8));
      ASSERT_TRUE((*keeper)->finish({3, {0, 4, 8}, 0}, SentBehind::kNothing));
    }
    append(text);
  }
};

TEST_F(LastLineTest, ALastLineWithoutEndMayGetItLater) {
  continue_last_line("\r\n5\n");
  const auto keeper = open();
  ASSERT_TRUE(keeper) << keeper.error().message();
  RecordSource source({input}, 100);
  ASSERT_TRUE((*keeper)->begin(source));
  RecordLine line{};
  ASSERT_EQ(source.next(line), RecordSource::Step::kRecord);
  EXPECT_EQ(line.bytes, "5");
  EXPECT_EQ(line.number, 5U);
}

TEST_F(LastLineTest, ALastLineWithoutEndMayStayTheLast) {
  continue_last_line("");
  EXPECT_TRUE(open());
}

TEST_F(LastLineTest, ALastLineThatWasSentMayNotGoOn) {
  continue_last_line("x\n");
  const auto keeper = open();
  ASSERT_EQ(code_of(keeper), ErrorCode::kDamaged);
  EXPECT_NE(keeper.error().message().find("line 4"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::cli
