// Segments are removed one after the other, and none that somebody needs.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/write/maintenance.h"
#include "tests/spool/write/five_segments.h"
#include "tests/support/crash_points.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::ForgetfulDisk;

class MaintenanceRetention : public FiveSegments {};

TEST_F(MaintenanceRetention, TheOldestSegmentsGoUntilTheRestFits) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = at(3);
  start();
  work();
  EXPECT_EQ(left(), 3U);
  EXPECT_EQ(maintenance->stats().removed, 2U);
  EXPECT_EQ(maintenance->stats().segments, 3U);
  EXPECT_EQ(maintenance->stats().segment_bytes, at(3));
}

TEST_F(MaintenanceRetention, AnotherPolicyCountsFromTheNextPieceOn) {
  put_snapshots(disk, at(5));
  start();
  work();
  EXPECT_EQ(left(), 5U);
  options.retention.bytes_max = at(2);
  maintenance->set_options(options);
  work();
  EXPECT_EQ(left(), 2U);
}

TEST_F(MaintenanceRetention, TheActiveSegmentCountsToo) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = at(5);
  start();
  work();
  EXPECT_EQ(left(), 5U);
  maintenance->set_active_bytes(1);
  clock.advance_ms(kSecondMs);
  work();
  EXPECT_EQ(left(), 4U);
}

TEST_F(MaintenanceRetention, SegmentsGoByTheAgeOfTheirNewestLine) {
  put_snapshots(disk, at(5));
  options.retention.age_ms_max = 2 * kHourMs;
  start();
  work();
  EXPECT_EQ(left(), 3U);
  clock.advance_ms(kHourMs);
  work();
  EXPECT_EQ(left(), 2U);
  clock.advance_ms(100 * kHourMs);
  work();
  EXPECT_EQ(left(), 0U);
}

TEST_F(MaintenanceRetention, AfterAJumpOfTheClockNothingGoesByAgeForADay) {
  put_snapshots(disk, at(5));
  options.retention.age_ms_max = 5 * kHourMs;
  start();
  work();
  ASSERT_EQ(left(), 5U);
  clock.jump_wall_us(365LL * 24 * kHourMs * 1000);
  clock.advance_ms(kSecondMs);
  work();
  EXPECT_EQ(left(), 5U);
  clock.advance_ms(24 * kHourMs);
  work();
  EXPECT_EQ(left(), 0U);
}

TEST_F(MaintenanceRetention, AStartLongAfterTheNewestLineRemovesNothingByAgeForADay) {
  put_snapshots(disk, at(5));
  options.retention.age_ms_max = 5 * kHourMs;
  const std::int64_t written_us = clock.wall_us();
  clock.advance_ms(8 * 24 * kHourMs);
  directory = disk.open();
  maintenance = std::make_unique<Maintenance>(
      *directory, options, clock,
      Maintenance::Start{kId, test::segments_on(disk), find_snapshot(*directory, kId).places, at(5), written_us});
  work();
  EXPECT_EQ(test::segments_on(disk).size(), 5U);
  clock.advance_ms(24 * kHourMs);
  work();
  EXPECT_EQ(test::segments_on(disk).size(), 0U);
}

TEST_F(MaintenanceRetention, WhatTheOlderSnapshotNeedsStays) {
  options.retention.bytes_max = 1;
  start();
  work();
  EXPECT_EQ(left(), 5U);  // without snapshots recovery begins at the beginning
  for (const std::uint64_t n : {2U, 5U}) {
    maintenance->offer_snapshot({at(n), clock.wall_us(), {}});
    clock.advance_ms(kSecondMs);
    work();
  }
  EXPECT_EQ(left(), 3U);
  maintenance->offer_snapshot({at(5), clock.wall_us(), {}});
  clock.advance_ms(kSecondMs);
  work();
  EXPECT_EQ(left(), 0U);
}

TEST_F(MaintenanceRetention, ACursorHoldsWhatItHasNotRead) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = 1;
  put_cursor("fast", at(4));
  put_cursor("slow", at(2) - 1);
  start();
  work();
  EXPECT_EQ(left(), 4U);
  put_cursor("slow", at(3));
  clock.advance_ms(kSecondMs);
  work();
  EXPECT_EQ(left(), 2U);
}

TEST_F(MaintenanceRetention, ACursorOfAnotherSpoolHoldsNothing) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = 1;
  put_cursor("theirs", 0, "theirs");
  start();
  work();
  EXPECT_EQ(left(), 0U);
}

TEST_F(MaintenanceRetention, ACursorThatDoesNotReadMayNeedAnything) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = 1;
  put_cursor("ours", at(5));
  const auto cursors = disk.open()->open_directory(std::string(kCursorsName));
  ASSERT_TRUE(write_new_file(**cursors, "broken.json", "{}\n"));
  start();
  work();
  EXPECT_EQ(left(), 5U);
  options.retention.ignores_cursors = true;
  start();
  work();
  EXPECT_EQ(left(), 0U);
}

TEST_F(MaintenanceRetention, EachRemovalIsDurableBeforeTheNext) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = at(3);
  start();
  for (int i = 0; i < 5; ++i) step();
  ASSERT_TRUE(directory->open_directory(std::string(kCursorsName)));
  disk.forget_calls();
  work();
  std::vector<test::CallOn> expected;
  for (const std::uint64_t n : {0U, 1U}) {
    expected.emplace_back(Call::kRemove, compressed(n));
    expected.emplace_back(Call::kRemove, segment(n));
    expected.emplace_back(Call::kRemove, index_file_name(at(n)));
    expected.emplace_back(Call::kSyncDirectory, "");
  }
  EXPECT_EQ(changes_of(disk), expected);
}

// What is not durable may come back, and then nothing behind it may be missing.
TEST_F(MaintenanceRetention, ARemovalThatCouldNotBeSyncedIsSyncedBeforeTheNext) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = at(3);
  start();
  ASSERT_TRUE(directory->open_directory(std::string(kCursorsName)));
  disk.fail({Call::kSyncDirectory, EIO, "", 1, 2});
  disk.forget_calls();
  work();
  EXPECT_EQ(left(), 4U);
  clock.advance_ms(kSecondMs);
  work();
  EXPECT_EQ(left(), 4U);
  clock.advance_ms(kSecondMs);
  work();
  EXPECT_EQ(left(), 3U);
  EXPECT_EQ(changes_of(disk), (std::vector<test::CallOn>{{Call::kRemove, compressed(0)},
                                                         {Call::kRemove, segment(0)},
                                                         {Call::kRemove, index_file_name(0)},
                                                         {Call::kSyncDirectory, ""},
                                                         {Call::kSyncDirectory, ""},
                                                         {Call::kSyncDirectory, ""},
                                                         {Call::kRemove, compressed(1)},
                                                         {Call::kRemove, segment(1)},
                                                         {Call::kRemove, index_file_name(at(1))},
                                                         {Call::kSyncDirectory, ""}}));
}

TEST_F(MaintenanceRetention, TheIndexGoesWithItsSegment) {
  put_snapshots(disk, at(5));
  disk.put(index_file_name(0), "{}");
  options.retention.bytes_max = at(4);
  start();
  work();
  EXPECT_EQ(left(), 4U);
  EXPECT_FALSE(disk.content(index_file_name(0)));
}

TEST_F(MaintenanceRetention, ACrashAtEachChangeLeavesARowWithoutGaps) {
  options.retention.bytes_max = at(2);
  test::crash_at_each_change(
      [&](ForgetfulDisk& fresh) {
        lay_out(fresh);
        put_snapshots(fresh, at(5));
      },
      [&](ForgetfulDisk& stopping) {
        start(stopping);
        work();
        return left(stopping) == 2;
      },
      [&](ForgetfulDisk& crashed, const test::CrashPoint& point) { EXPECT_GE(left(crashed), point.done ? 2U : 1U); });
}

TEST_F(MaintenanceRetention, ASegmentThatCannotBeRemovedHoldsThoseBehindItAndIsTriedAgain) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = at(2);
  start();
  disk.fail({Call::kRemove, EIO, segment(1)});
  work();
  EXPECT_EQ(left(), 4U);
  EXPECT_EQ(maintenance->stats().removed, 1U);
  work();
  EXPECT_EQ(left(), 4U);  // not before a second has passed
  clock.advance_ms(kSecondMs);
  work();
  EXPECT_EQ(left(), 2U);
  EXPECT_EQ(maintenance->stats().removed, 3U);
}

TEST_F(MaintenanceRetention, ASegmentThatSomebodyHasRemovedIsForgotten) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = at(4);
  start();
  ASSERT_TRUE(directory->remove(segment(0)));
  work();
  EXPECT_EQ(left(), 4U);
  EXPECT_EQ(maintenance->stats().segments, 4U);
  EXPECT_EQ(maintenance->stats().removed, 0U);
  ASSERT_TRUE(directory->remove(segment(1)));  // after it was looked at
  maintenance->set_active_bytes(1);
  clock.advance_ms(kSecondMs);
  work();
  EXPECT_EQ(left(), 3U);
  EXPECT_EQ(maintenance->stats().segments, 3U);
}

}  // namespace
}  // namespace crawlspool::spool
