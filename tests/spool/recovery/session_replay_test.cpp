#include "daemon/spool/recovery/session_replay.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "daemon/base/clock.h"
#include "daemon/spool/control/rejected_log.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::ForgetfulDisk;

constexpr SessionKey kKey = 0x5f3a9c1204be77d0;
constexpr std::int64_t kMinuteUs = 60'000'000;

std::string reject_of(std::uint64_t seq, SessionKey key = kKey, std::int64_t when_us = test::kLineTimeUs) {
  const std::string digits = session_digits(key);
  const RejectedRecord record{"too_deep", "d", std::nullopt, "w", digits, seq, "tcp", "p", "1"};
  std::string line(rejected_line_bytes_max(record), '\0');
  const char* const end = write_rejected_line(line.data(), record, base::format_timestamp(when_us));
  line.resize(static_cast<std::size_t>(end - line.data()));
  return line;
}

class RejectReplayTest : public ::testing::Test {
 protected:
  void put(int number, const std::string& content) {
    const auto spool = disk.open();
    const auto rejected = spool->open_directory("rejected");
    ASSERT_TRUE(rejected);
    ASSERT_TRUE(write_new_file(**rejected, position_digits(static_cast<Position>(number)) + ".ndjson", content));
  }
  // The session's number and its rejects after the replay.
  std::pair<std::uint64_t, std::uint64_t> replayed(std::int64_t since_us = test::kLineTimeUs) {
    const auto spool = disk.open();
    RejectReplay replay;
    replay.read(*spool, since_us, table);
    if (lines_up_to != 0) table.advance(kKey, {"w"}, lines_up_to, 1);
    replay.apply(table);
    const SessionState* const state = table.find(kKey);
    return state != nullptr ? std::pair(state->last_seq, state->rejected)
                            : std::pair(std::uint64_t{0}, std::uint64_t{0});
  }
  using Numbers = std::pair<std::uint64_t, std::uint64_t>;

  ForgetfulDisk disk;
  SessionTable table;             // as the snapshot has it
  std::uint64_t lines_up_to = 0;  // what the lines since bring
};

TEST_F(RejectReplayTest, WithoutRejectsThereIsNothingAndNothingIsMade) {
  EXPECT_EQ(replayed(), Numbers(0, 0));
  EXPECT_TRUE(disk.names().empty());
}

TEST_F(RejectReplayTest, RejectsBehindTheLastLineCount) {
  table.advance(kKey, {"w"}, 4, 1);
  put(0, reject_of(5) + reject_of(6));
  EXPECT_EQ(replayed(), Numbers(6, 2));
  EXPECT_EQ(table.find(kKey)->last_used_us, test::kLineTimeUs);
}

TEST_F(RejectReplayTest, ASessionOfRejectsOnlyIsKnown) {
  put(0, reject_of(1));
  EXPECT_EQ(replayed(), Numbers(1, 1));
  EXPECT_EQ(table.find(kKey)->owner.client, "w");
}

TEST_F(RejectReplayTest, NoneBeyondAHoleCountsAndNoneTwice) {
  table.advance(kKey, {"w"}, 4, 1, 1);
  put(0, reject_of(2) + reject_of(4) + reject_of(6) + reject_of(7));
  EXPECT_EQ(replayed(), Numbers(4, 1));
  put(1, reject_of(5) + reject_of(5));
  EXPECT_EQ(replayed(), Numbers(7, 4));
}

TEST_F(RejectReplayTest, AmongTheLinesTheyCountAndNumbersGivenUpDoNot) {
  table.advance(kKey, {"w"}, 4, 1, 1);
  lines_up_to = 10;
  put(0, reject_of(3) + reject_of(6) + reject_of(6) + reject_of(11) + reject_of(13));
  EXPECT_EQ(replayed(), Numbers(11, 3));
}

TEST_F(RejectReplayTest, OnlyWhatProvesItselfCounts) {
  std::string flipped = reject_of(1);
  flipped[10] ^= 1;
  const std::string torn = reject_of(1).substr(0, 100);
  put(0, flipped + torn);
  EXPECT_EQ(replayed(), Numbers(0, 0));
}

TEST_F(RejectReplayTest, FilesAreReadBackToTheFirstThatBeginsBeforeTheSnapshot) {
  const std::int64_t old_us = test::kLineTimeUs - 10 * kMinuteUs;
  put(0, reject_of(1, kKey, old_us - 1));
  put(1, reject_of(99, 7, old_us) + reject_of(1));
  put(2, reject_of(2));
  EXPECT_EQ(replayed(), Numbers(2, 2));
  EXPECT_EQ(disk.count(Call::kRead, "0.ndjson"), 0U);
}

TEST_F(RejectReplayTest, WhatIsNotOnTheDiskDoesNotCount) {
  put(0, reject_of(1));
  disk.fail({Call::kSyncData, EIO, "0.ndjson"});
  EXPECT_EQ(replayed(), Numbers(0, 0));
}

}  // namespace
}  // namespace crawlspool::spool
