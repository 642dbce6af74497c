// What is on the disk while snapshots replace one another, and what a writer says of it.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/control/snapshot.h"
#include "tests/support/crash_points.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::ForgetfulDisk;

constexpr const char* kOurs = "ours";
constexpr SessionKey kKey = 7;

Snapshot snapshot_at(Position position) {
  Snapshot snapshot{position, test::kLineTimeUs, {}};
  snapshot.sessions.advance(kKey, {}, position, test::kLineTimeUs);
  return snapshot;
}

bool write(ForgetfulDisk& disk, Position position) {
  const auto directory = disk.open();
  SnapshotWriter writer(*directory, kOurs, find_snapshot(*directory, kOurs).places);
  return writer.write(snapshot_at(position)).has_value();
}

// 0: there is none. Its number has to be its own.
Position newest(ForgetfulDisk& disk) {
  const auto found = find_snapshot(*disk.open(), kOurs).newest;
  if (!found) return 0;
  EXPECT_TRUE(found->sessions.find(kKey) != nullptr && found->sessions.find(kKey)->last_seq == found->position);
  return found->position;
}

void damage(ForgetfulDisk& disk, std::string_view name) {
  std::string content = disk.content(name).value_or("");
  content[content.size() / 2] ^= 1;
  disk.put(std::string(name), content);
}

TEST(SnapshotWriter, KeepsTheOneBefore) {
  ForgetfulDisk disk;
  for (const Position position : {100U, 200U, 300U}) ASSERT_TRUE(write(disk, position));
  disk.crash();
  EXPECT_EQ(find_snapshot(*disk.open(), kOurs).places.current, 300U);
  EXPECT_EQ(find_snapshot(*disk.open(), kOurs).places.previous, 200U);
  EXPECT_EQ(disk.names().size(), 2U);
}

TEST(SnapshotWriter, IsDurableBeforeItTakesAnothersPlace) {
  ForgetfulDisk disk;
  ASSERT_TRUE(write(disk, 100));
  disk.forget_calls();
  ASSERT_TRUE(write(disk, 200));
  EXPECT_EQ(changes_of(disk), (std::vector<test::CallOn>{{Call::kCreate, "sessions.ndjson.tmp"},
                                                         {Call::kTruncate, "sessions.ndjson.tmp"},
                                                         {Call::kWrite, "sessions.ndjson.tmp"},
                                                         {Call::kSync, "sessions.ndjson.tmp"},
                                                         {Call::kRename, "sessions.previous.ndjson"},
                                                         {Call::kRename, "sessions.ndjson"},
                                                         {Call::kSyncDirectory, ""}}));
}

TEST(SnapshotWriter, LeavesOutAnOlderOneAndThatOfAnEmptySpool) {
  ForgetfulDisk disk;
  ASSERT_TRUE(write(disk, 0));
  EXPECT_EQ(disk.changes(), 0U);
  ASSERT_TRUE(write(disk, 100));
  disk.forget_calls();
  ASSERT_TRUE(write(disk, 99));
  EXPECT_EQ(disk.changes(), 0U);
  EXPECT_EQ(newest(disk), 100U);
}

TEST(SnapshotWriter, WantsOneUntilBothStandAtThePosition) {
  ForgetfulDisk disk;
  const auto directory = disk.open();
  SnapshotWriter writer(*directory, kOurs, {});
  EXPECT_FALSE(writer.is_wanted(0));
  for (const Position position : {100U, 200U}) {
    EXPECT_TRUE(writer.is_wanted(position));
    ASSERT_TRUE(writer.write(snapshot_at(position)));
    EXPECT_TRUE(writer.is_wanted(position));
    ASSERT_TRUE(writer.write(snapshot_at(position)));
    EXPECT_FALSE(writer.is_wanted(position));
  }
}

TEST(SnapshotWriter, NeedsWhatTheOlderOneStandsBefore) {
  ForgetfulDisk disk;
  const auto directory = disk.open();
  SnapshotWriter writer(*directory, kOurs, {});
  EXPECT_EQ(writer.needed_from(), 0U);
  ASSERT_TRUE(writer.write(snapshot_at(100)));
  EXPECT_EQ(writer.needed_from(), 0U);  // without it recovery begins at the start
  ASSERT_TRUE(writer.write(snapshot_at(200)));
  EXPECT_EQ(writer.needed_from(), 100U);
  EXPECT_EQ(SnapshotWriter(*directory, kOurs, find_snapshot(*directory, kOurs).places).needed_from(), 100U);
  EXPECT_EQ(SnapshotWriter(*directory, kOurs, {200, std::nullopt}).needed_from(), 0U);
  EXPECT_EQ(SnapshotWriter(*directory, kOurs, {std::nullopt, 100}).needed_from(), 0U);
}

TEST(SnapshotWriter, ACrashAtEachChangeLeavesASoundOneThatRecoveryMayBeginFrom) {
  for (const unsigned before : {0U, 1U, 2U, 3U}) {
    Position needed_from = 0;
    Position least = 0;
    test::crash_at_each_change(
        [&](ForgetfulDisk& disk) {
          for (Position position = 100; position <= before * 100; position += 100) ASSERT_TRUE(write(disk, position));
        },
        [&](ForgetfulDisk& disk) {
          const auto directory = disk.open();
          SnapshotWriter writer(*directory, kOurs, find_snapshot(*directory, kOurs).places);
          const bool done = writer.write(snapshot_at(1000)).has_value();
          needed_from = writer.needed_from();
          least = done ? 1000 : before * 100;
          return done;
        },
        [&](ForgetfulDisk& disk, const test::CrashPoint&) {
          EXPECT_GE(newest(disk), least);
          EXPECT_GE(newest(disk), needed_from);
          // And the next one does as well.
          ASSERT_TRUE(write(disk, 2000));
          disk.crash();
          EXPECT_EQ(newest(disk), 2000U);
        });
  }
}

TEST(SnapshotWriter, AfterAFailureAtAnyCallASoundOneIsThereAndTheNextOneIsWritten) {
  for (const int errno_value : {EIO, ENOSPC}) {
    for (const Call call :
         {Call::kCreate, Call::kTruncate, Call::kWrite, Call::kSync, Call::kRename, Call::kSyncDirectory}) {
      for (const std::uint64_t nth : {1U, 2U}) {
        ForgetfulDisk disk;
        for (const Position position : {100U, 200U}) ASSERT_TRUE(write(disk, position));
        const auto directory = disk.open();
        SnapshotWriter writer(*directory, kOurs, find_snapshot(*directory, kOurs).places);
        disk.fail({call, errno_value, "", nth});
        const bool written = writer.write(snapshot_at(300)).has_value();
        ASSERT_EQ(written, nth == 2 && call != Call::kRename);
        EXPECT_GE(newest(disk), std::max<Position>(200, writer.needed_from()));
        disk.clear_faults();
        ASSERT_TRUE(writer.write(snapshot_at(400)));
        disk.crash();
        EXPECT_EQ(newest(disk), 400U);
        EXPECT_GE(find_snapshot(*disk.open(), kOurs).places.previous.value_or(0), writer.needed_from());
      }
    }
  }
}

// Else a segment that the older one needs might go, and a damaged newer one would leave nothing to begin from.
TEST(SnapshotWriter, WhatWasNotSyncedIsNotCountedOn) {
  for (const Call call : {Call::kRename, Call::kSyncDirectory}) {
    ForgetfulDisk disk;
    for (const Position position : {100U, 200U}) ASSERT_TRUE(write(disk, position));
    const auto directory = disk.open();
    SnapshotWriter writer(*directory, kOurs, find_snapshot(*directory, kOurs).places);
    disk.fail({call, EIO, "", call == Call::kRename ? 2U : 1U});
    EXPECT_FALSE(writer.write(snapshot_at(300)));
    disk.crash();
    EXPECT_GE(find_snapshot(*disk.open(), kOurs).places.previous.value_or(0), writer.needed_from());
  }
}

TEST(SnapshotWriter, ADamagedCurrentOneNeverTakesThePlaceOfASoundOlderOne) {
  test::crash_at_each_change(
      [](ForgetfulDisk& disk) {
        for (const Position position : {100U, 200U}) ASSERT_TRUE(write(disk, position));
        damage(disk, kSnapshotName);
      },
      [](ForgetfulDisk& disk) { return write(disk, 300); },
      [](ForgetfulDisk& disk, const test::CrashPoint& point) {
        EXPECT_EQ(find_snapshot(*disk.open(), kOurs).places.previous, 100U);
        EXPECT_TRUE(newest(disk) == 300 || (newest(disk) == 100 && !point.done));
      });
}

}  // namespace
}  // namespace crawlspool::spool
