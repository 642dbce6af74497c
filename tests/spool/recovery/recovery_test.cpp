// What the start of a whole spool finds: segments, snapshots and the sessions' numbers.
#include "daemon/spool/recovery/recovery.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/spool/recovery/recovering_spool.h"
#include "tests/support/crash_points.h"
#include "tests/support/errors.h"

namespace crawlspool::spool {
namespace {

using test::ForgetfulDisk;
using Strings = std::vector<std::string>;
using Ranges = std::vector<Range>;

class RecoveryTest : public LaidOutSpool {};

TEST_F(RecoveryTest, ANewSpoolBeginsAtZero) {
  const Recovered recovered = recover_it();
  EXPECT_EQ(recovered.report.end, 0U);
  EXPECT_EQ(recovered.active, nullptr);
  EXPECT_TRUE(recovered.sealed.empty() && recovered.report.missing.empty() && recovered.report.skipped.empty());
}

TEST_F(RecoveryTest, SeveralSegmentsAreReadInTheirOrder) {
  put_three_segments();
  const Recovered recovered = recover_it();
  EXPECT_EQ(recovered.report.begin, at(4));
  EXPECT_EQ(recovered.report.end, at(6));
  EXPECT_EQ(recovered.report.read_from, 0U);
  EXPECT_EQ(recovered.report.lines, 6U);
  EXPECT_EQ(recovered.report.newest_us, test::kLineTimeUs);
  EXPECT_EQ(last_number(recovered.sessions), 6U);
  EXPECT_EQ(sealed_files(recovered), (Strings{sealed(0), sealed(2)}));
  EXPECT_NE(recovered.active, nullptr);
  EXPECT_TRUE(recovered.report.missing.empty() && recovered.report.damaged.empty() && !recovered.report.cut);
}

TEST_F(RecoveryTest, ASnapshotAnywhereGivesTheSameNumbersAndLessToRead) {
  for (std::uint64_t behind = 1; behind <= 6; ++behind) {  // in each sealed segment, between them, at the very end
    disk = ForgetfulDisk();
    put_three_segments();
    put_snapshot(behind);
    const Recovered recovered = recover_it();
    EXPECT_EQ(recovered.report.read_from, at(behind));
    EXPECT_EQ(recovered.report.lines, 6 - behind);
    EXPECT_EQ(last_number(recovered.sessions), 6U) << behind;
    EXPECT_EQ(recovered.report.end, at(6));
    EXPECT_TRUE(recovered.report.missing.empty() && recovered.report.damaged.empty() && !recovered.report.cut);
    EXPECT_EQ(recovered.snapshots.current, at(behind));
  }
}

TEST_F(RecoveryTest, WhereNoLineCameSinceTheSnapshotItsTimeIsTheNewest) {
  put_three_segments();
  Snapshot snapshot = snapshot_behind(6);
  snapshot.created_us = test::kLineTimeUs + 12'345;
  put_snapshot(disk, snapshot);
  EXPECT_EQ(recover_it().report.newest_us, test::kLineTimeUs + 12'345);
}

TEST_F(RecoveryTest, WhatLiesBeforeTheSnapshotIsNotLookedAt) {
  disk.put(sealed(0), lines(1, 1) + std::string(line(2).size(), 'x'));  // damaged
  disk.put(open_one(4), lines(5, 6));                                   // and the one between them is gone
  put_snapshot(5);
  const Recovered recovered = recover_it();
  EXPECT_TRUE(recovered.report.missing.empty() && recovered.report.damaged.empty());
  EXPECT_EQ(last_number(recovered.sessions), 6U);
}

TEST_F(RecoveryTest, SessionsThatOnlyTheSnapshotKnowsAreKept) {
  put_three_segments();
  Snapshot snapshot = snapshot_behind(4);
  snapshot.sessions.advance(99, {"of long ago"}, 1234, 5);
  put_snapshot(disk, snapshot);
  const Recovered recovered = recover_it();
  ASSERT_NE(recovered.sessions.find(99), nullptr);
  EXPECT_EQ(recovered.sessions.find(99)->last_seq, 1234U);
  EXPECT_EQ(recovered.sessions.find(99)->owner.client, "of long ago");
  EXPECT_EQ(recovered.sessions.find(0)->last_seq, 6U);
}

TEST_F(RecoveryTest, ADamagedSnapshotFallsBackToTheOneBeforeAndThatToTheBeginning) {
  put_three_segments();
  put_snapshot(1);
  put_snapshot(5);
  for (const auto& [damaged, read_from] :
       {std::pair(kSnapshotName, at(1)), std::pair(kPreviousSnapshotName, Position{0})}) {
    disk.put(std::string(damaged), "garbage\n");
    const Recovered recovered = recover_it();
    EXPECT_EQ(recovered.report.read_from, read_from);
    EXPECT_EQ(last_number(recovered.sessions), 6U);
    EXPECT_EQ(skipped(recovered).front(), kSnapshotName);
  }
}

TEST_F(RecoveryTest, AnotherSpoolsSnapshotIsSkipped) {
  put_three_segments();
  ASSERT_TRUE(SnapshotWriter(*disk.open(), "theirs", {}).write(snapshot_behind(6)));
  const Recovered recovered = recover_it();
  EXPECT_EQ(recovered.report.lines, 6U);
  EXPECT_EQ(skipped(recovered), Strings{std::string(kSnapshotName)});
}

TEST_F(RecoveryTest, ATornTailIsCutAndItsNumbersDoNotCount) {
  put_three_segments();
  disk.put(open_one(4), lines(5, 5) + "torn\n" + line(6));
  const Recovered recovered = recover_it();
  EXPECT_EQ(recovered.report.end, at(5));
  EXPECT_EQ(recovered.report.cut->position, at(5));
  EXPECT_EQ(last_number(recovered.sessions), 5U);
}

TEST_F(RecoveryTest, OfSeveralOpenOnesAllButTheLastAreSealed) {
  disk.put(open_one(0), lines(1, 2));
  disk.put(sealed(2), lines(3, 4));
  disk.put(open_one(4), lines(5, 6));
  disk.put(open_one(6), "");
  const Recovered recovered = recover_it();
  EXPECT_EQ(sealed_files(recovered), (Strings{sealed(0), sealed(2), sealed(4)}));
  EXPECT_EQ(recovered.report.begin, at(6));
  EXPECT_EQ(last_number(recovered.sessions), 6U);
  EXPECT_EQ(recovered.report.lines, 6U);
  disk.crash();
  EXPECT_EQ(test::whole_spool(disk), lines(1, 6));
  EXPECT_EQ(disk.names(), (Strings{sealed(0), sealed(2), sealed(4), open_one(6)}));
}

TEST_F(RecoveryTest, WithoutAnOpenOneTheNextBeginsBehindTheLast) {
  disk.put(sealed(0), lines(1, 2));
  disk.put(sealed(2), lines(3, 4));
  for (const bool has_snapshot : {false, true}) {
    if (has_snapshot) put_snapshot(3);
    const Recovered recovered = recover_it();
    EXPECT_EQ(recovered.active, nullptr);
    EXPECT_EQ(recovered.report.begin, at(4));
    EXPECT_EQ(recovered.report.end, at(4));
    EXPECT_EQ(recovered.report.lines, has_snapshot ? 1U : 4U);
    EXPECT_EQ(last_number(recovered.sessions), 4U);
  }
}

TEST_F(RecoveryTest, ASpoolWhoseOldestSegmentsWereRemovedMissesNothing) {
  disk.put(sealed(2), lines(3, 4));
  disk.put(open_one(4), lines(5, 6));
  for (const bool has_snapshot : {false, true}) {
    if (has_snapshot) put_snapshot(2);
    const Recovered recovered = recover_it();
    EXPECT_TRUE(recovered.report.missing.empty());
    EXPECT_EQ(recovered.report.lines, 4U);
  }
}

TEST_F(RecoveryTest, AMissingSegmentIsReportedAndTheRestIsRead) {
  disk.put(sealed(0), lines(1, 2));
  disk.put(open_one(4), lines(5, 6));
  Recovered recovered = recover_it();
  EXPECT_EQ(ranges(recovered.report.missing), (Ranges{{at(2), at(2)}}));
  EXPECT_EQ(recovered.report.lines, 4U);
  disk = ForgetfulDisk();
  disk.put(open_one(4), lines(5, 6));
  put_snapshot(3);
  recovered = recover_it();
  EXPECT_EQ(ranges(recovered.report.missing), (Ranges{{at(3), at(1)}}));
  EXPECT_EQ(last_number(recovered.sessions), 6U);
}

TEST_F(RecoveryTest, ASealedSegmentThatIsTooShortIsReported) {
  put_three_segments();
  disk.put(sealed(2), lines(3, 4).substr(0, line(3).size() + 10));
  const Recovered recovered = recover_it();
  EXPECT_EQ(ranges(recovered.report.damaged), (Ranges{{at(3), 10}}));
  EXPECT_EQ(ranges(recovered.report.missing), (Ranges{{at(3) + 10, at(1) - 10}}));
  EXPECT_EQ(recovered.report.lines, 5U);
}

TEST_F(RecoveryTest, DamageInSealedSegmentsIsReportedAndWhatFollowsCounts) {
  put_three_segments();
  for (const std::uint64_t damaged : {1U, 2U, 3U, 4U}) {
    ForgetfulDisk fresh;
    disk = fresh;
    put_three_segments();
    std::string content = lines(1, 4);
    content[at(damaged - 1) + 40] ^= 1;
    disk.put(sealed(0), content.substr(0, at(2)));
    disk.put(sealed(2), content.substr(at(2)));
    const Recovered recovered = recover_it();
    EXPECT_EQ(ranges(recovered.report.damaged), (Ranges{{at(damaged - 1), at(1)}}));
    EXPECT_EQ(recovered.report.lines, 5U);
    EXPECT_EQ(last_number(recovered.sessions), 6U);
    EXPECT_EQ(test::whole_spool(disk), content + lines(5, 6));
  }
}

TEST_F(RecoveryTest, NeighbouringDamageIsOneRangeAlsoAcrossSegments) {
  put_three_segments();
  disk.put(sealed(0), lines(1, 1) + std::string(line(2).size() - 1, 'x') + '\n');
  disk.put(sealed(2), std::string(line(3).size() - 1, 'x') + '\n' + line(4));
  EXPECT_EQ(ranges(recover_it().report.damaged), (Ranges{{at(1), at(2)}}));
}

}  // namespace
}  // namespace crawlspool::spool
