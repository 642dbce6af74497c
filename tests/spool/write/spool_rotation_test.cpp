// When a segment is sealed and the next one begun, and in what order of calls.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/write/spool.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::spool {
namespace {

using test::append_lines;
using test::Call;
using test::kFirstSegment;
using test::make_line;
using test::seqs_in;
using test::store_lines;
using test::whole_spool;
using Strings = std::vector<std::string>;
using Numbers = std::vector<std::uint64_t>;

constexpr std::int64_t kHourMs = 3'600'000;

class SpoolRotation : public ::testing::Test {
 protected:
  void open(std::uint64_t bytes_max, std::int64_t age_ms_max = 0) {
    spool.reset();
    auto opened = test::open_spool(disk, clock, {.segment_bytes_max = bytes_max, .segment_age_ms_max = age_ms_max});
    ASSERT_TRUE(opened);
    spool = std::move(*opened);
    disk.forget_calls();
  }
  std::string line(std::uint64_t seq) { return make_line({.seq = seq, .ts_us = clock.wall_us()}); }
  bool store(std::uint64_t seq) { return store_lines(*spool, line(seq)); }
  [[nodiscard]] std::size_t segments() const { return test::segments_on(disk).size(); }
  [[nodiscard]] Numbers numbers() const { return seqs_in(whole_spool(disk)); }

  test::ForgetfulDisk disk;
  test::ManualClock clock;
  std::unique_ptr<Spool> spool;
};

TEST_F(SpoolRotation, AFullSegmentIsSealedBeforeTheNextLines) {
  open(300);
  ASSERT_TRUE(store(1));
  ASSERT_TRUE(store(2));
  ASSERT_FALSE(spool->wants_rotation());
  ASSERT_TRUE(store(3));
  EXPECT_TRUE(spool->wants_rotation());
  EXPECT_EQ(segments(), 1U);
  const Position end = spool->position();
  ASSERT_GE(end, 300U);
  ASSERT_TRUE(store(4));
  const std::string next = segment_file_name({end, SegmentKind::kOpen});
  EXPECT_EQ(seqs_in(disk.content("00000000000000000000.ndjson").value_or("")), (Numbers{1, 2, 3}));
  EXPECT_EQ(seqs_in(disk.content(next).value_or("")), Numbers{4});
  EXPECT_EQ(disk.target(kCurrentName), next);
  EXPECT_FALSE(disk.content(kFirstSegment));
  EXPECT_EQ(spool->active_bytes(), spool->position() - end);
  EXPECT_EQ(spool->maintenance_stats().segments, 1U);
  EXPECT_EQ(spool->maintenance_stats().segment_bytes, end);
}

TEST_F(SpoolRotation, AnotherLimitCountsForTheActiveSegment) {
  open(0);
  ASSERT_TRUE(store(1));
  EXPECT_FALSE(spool->wants_rotation());
  spool->set_options({.segment_bytes_max = 1});
  EXPECT_TRUE(spool->wants_rotation());
  ASSERT_TRUE(store(2));
  EXPECT_EQ(segments(), 2U);
  EXPECT_EQ(numbers(), (Numbers{1, 2}));
}

TEST_F(SpoolRotation, TheLimitIsReachedAtItsLastByte) {
  open(0);
  ASSERT_TRUE(store(1));
  const std::uint64_t bytes = spool->position();
  for (const auto& [limit, wants] : {std::pair(bytes + 1, false), std::pair(bytes, true), std::pair(bytes - 1, true)}) {
    open(limit);
    EXPECT_EQ(spool->wants_rotation(), wants) << limit;
  }
}

TEST_F(SpoolRotation, PositionsRunOnAndNothingIsLost) {
  open(500);
  Numbers expected;
  for (std::uint64_t seq = 1; seq <= 50; ++seq) {
    ASSERT_TRUE(store(seq));
    expected.push_back(seq);
  }
  EXPECT_GE(segments(), 10U);
  disk.crash();
  EXPECT_EQ(numbers(), expected);
  EXPECT_EQ(whole_spool(disk).size(), spool->position());
  open(500);
  EXPECT_EQ(spool->position(), whole_spool(disk).size());
}

TEST_F(SpoolRotation, OneRotationMakesTheseCallsInThisOrder) {
  open(1);
  ASSERT_TRUE(store(1));
  const std::string sealed = "00000000000000000000.ndjson";
  const std::string next = segment_file_name({spool->position(), SegmentKind::kOpen});
  disk.forget_calls();
  ASSERT_TRUE(store(2));
  // The sealed name and the next one's are durable, by one sync of the directory, before the first line is written.
  EXPECT_EQ(changes_of(disk), (std::vector<test::CallOn>{{Call::kTruncate, kFirstSegment},
                                                         {Call::kSync, kFirstSegment},
                                                         {Call::kRename, sealed},
                                                         {Call::kCreate, next},
                                                         {Call::kLink, "current.ndjson"},
                                                         {Call::kSyncDirectory, ""},
                                                         {Call::kWrite, next},
                                                         {Call::kSyncData, next},
                                                         {Call::kWrite, "durable"}}));
}

TEST_F(SpoolRotation, ASealedSegmentGivesItsPreallocationBack) {
  open(0, kHourMs);
  const std::uint64_t free_before = spool->free_bytes();
  ASSERT_TRUE(store(1));
  ASSERT_LT(disk.free_bytes() + 1'000'000, free_before);
  clock.advance_ms(kHourMs);
  ASSERT_TRUE(spool->tick());
  EXPECT_EQ(disk.free_bytes(), free_before - spool->position());
  EXPECT_EQ(spool->free_bytes(), disk.free_bytes());
}

TEST_F(SpoolRotation, AnOldSegmentIsSealedWithoutALine) {
  open(0, kHourMs);
  ASSERT_TRUE(store(1));
  clock.advance_ms(kHourMs - 1);
  ASSERT_TRUE(spool->tick());
  EXPECT_EQ(segments(), 1U);
  clock.advance_ms(1);
  ASSERT_TRUE(spool->tick());
  EXPECT_EQ(segments(), 2U);
  EXPECT_EQ(spool->active_bytes(), 0U);
  EXPECT_TRUE(disk.content(segment_file_name({spool->position(), SegmentKind::kOpen})));
}

TEST_F(SpoolRotation, AgeCountsFromASegmentsFirstLine) {
  open(0, kHourMs);
  clock.advance_ms(10 * kHourMs);  // empty all the while
  ASSERT_TRUE(store(1));
  clock.advance_ms(kHourMs / 2);
  ASSERT_TRUE(store(2));
  EXPECT_EQ(segments(), 1U);
  clock.advance_ms(kHourMs / 2);
  ASSERT_TRUE(store(3));
  EXPECT_EQ(segments(), 2U);
  clock.advance_ms(kHourMs - 1);
  EXPECT_FALSE(spool->wants_rotation());  // the next one has its own age
}

TEST_F(SpoolRotation, AgeRunsOnOverARestart) {
  open(0, kHourMs);
  ASSERT_TRUE(store(1));
  clock.advance_ms(kHourMs / 2);
  open(0, kHourMs);
  clock.advance_ms(kHourMs / 2 - 1);
  EXPECT_FALSE(spool->wants_rotation());
  clock.advance_ms(1);
  EXPECT_TRUE(spool->wants_rotation());
}

TEST_F(SpoolRotation, ASegmentFromTheFutureIsAsOldAsThisProcess) {
  open(0, kHourMs);
  ASSERT_TRUE(store(1));
  clock.jump_wall_us(-365LL * 24 * kHourMs * 1000);
  open(0, kHourMs);
  clock.advance_ms(kHourMs - 1);
  EXPECT_FALSE(spool->wants_rotation());
  clock.advance_ms(1);
  EXPECT_TRUE(spool->wants_rotation());
}

TEST_F(SpoolRotation, AnEmptySegmentIsNeverSealed) {
  open(1, 1);
  for (int i = 0; i < 3; ++i) {
    clock.advance_ms(kHourMs);
    ASSERT_TRUE(spool->tick());
    EXPECT_FALSE(spool->wants_rotation());
  }
  EXPECT_EQ(disk.changes(), 0U);
  open(1, 1);
  clock.advance_ms(kHourMs);
  ASSERT_TRUE(spool->tick());
  EXPECT_EQ(test::segments_on(disk).size(), 1U);
}

TEST_F(SpoolRotation, NorIsOneWhoseLinesWereTakenBack) {
  open(0, kHourMs);
  ASSERT_TRUE(append_lines(*spool, line(1)));
  disk.fail({Call::kSyncData, ENOSPC, kFirstSegment});
  ASSERT_FALSE(spool->sync());
  clock.advance_ms(kHourMs);
  EXPECT_FALSE(spool->wants_rotation());
  ASSERT_TRUE(spool->tick());
  EXPECT_EQ(segments(), 1U);
  EXPECT_EQ(disk.content(kFirstSegment), "");
}

TEST_F(SpoolRotation, UnsyncedLinesHoldItBack) {
  open(1);
  ASSERT_TRUE(append_lines(*spool, line(1)));
  ASSERT_TRUE(append_lines(*spool, line(2)));
  ASSERT_TRUE(spool->tick());
  EXPECT_EQ(segments(), 1U);
  EXPECT_TRUE(spool->wants_rotation());
  ASSERT_TRUE(spool->sync());
  ASSERT_TRUE(append_lines(*spool, line(3)));
  EXPECT_EQ(segments(), 2U);
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3}));
}

TEST_F(SpoolRotation, AFullDiskAtTheSyncTakesLinesBackFromTheNewSegmentOnly) {
  open(1);
  ASSERT_TRUE(store(1));
  const Position begin = spool->position();
  ASSERT_TRUE(append_lines(*spool, line(2)));
  disk.fail({Call::kSyncData, ENOSPC, ".ndjson.open"});
  EXPECT_FALSE(spool->sync());
  EXPECT_EQ(spool->position(), begin);
  EXPECT_EQ(segments(), 2U);
  ASSERT_TRUE(store(2));
  EXPECT_EQ(numbers(), (Numbers{1, 2}));
  EXPECT_EQ(segments(), 2U);
}

TEST_F(SpoolRotation, TheLinkIsForThoseWhoTailAndNothingDependsOnIt) {
  open(1);
  ASSERT_TRUE(store(1));
  disk.fail({Call::kLink, EIO, ""});
  ASSERT_TRUE(store(2));
  EXPECT_EQ(disk.target(kCurrentName), kFirstSegment);
  ASSERT_TRUE(store(3));
  EXPECT_NE(disk.target(kCurrentName), kFirstSegment);
}

TEST_F(SpoolRotation, AForeignFileWhereTheNextSegmentBelongsIsNotWrittenOver) {
  open(1);
  ASSERT_TRUE(store(1));
  const std::string next = segment_file_name({spool->position(), SegmentKind::kOpen});
  disk.put(next, "not ours");
  const auto refused = append_lines(*spool, line(2));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, base::ErrorCode::kDamaged);
  EXPECT_EQ(disk.content(next), "not ours");
}

}  // namespace
}  // namespace crawlspool::spool
