// What a spool promises of lines that were appended and synced, on disks that are full or fail.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/write/spool.h"
#include "tests/support/errors.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::append_lines;
using test::Call;
using test::code_of;
using test::errno_of;
using test::ForgetfulDisk;
using test::kFirstSegment;
using test::marked;
using test::seqs_in;
using test::spool_line;
using test::store_lines;

class SpoolStoring : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    spool.reset();
    auto opened = test::open_spool(disk, clock, options);
    ASSERT_TRUE(opened);
    spool = std::move(*opened);
    disk.forget_calls();
  }
  void open_on_new_disk() {
    spool.reset();
    disk = ForgetfulDisk();
    open();
  }
  [[nodiscard]] std::string content() const { return disk.content(kFirstSegment).value_or("no segment"); }
  [[nodiscard]] std::string durable_file() const { return disk.content(kDurableName).value_or("no durable"); }

  ForgetfulDisk disk;
  test::ManualClock clock;
  SpoolOptions options;
  std::unique_ptr<Spool> spool;
};

TEST_F(SpoolStoring, DurableIsWrittenAfterTheSyncAndTheSyncAfterTheLines) {
  ASSERT_TRUE(append_lines(*spool, spool_line(1)));
  EXPECT_EQ(spool->position(), content().size());
  EXPECT_EQ(spool->durable(), 0U);
  EXPECT_EQ(durable_file(), position_digits(0));
  ASSERT_TRUE(spool->sync());
  EXPECT_EQ(spool->durable(), content().size());
  EXPECT_EQ(durable_file(), position_digits(content().size()));
  EXPECT_EQ(changes_of(disk),
            (std::vector<test::CallOn>{
                {Call::kWrite, kFirstSegment}, {Call::kSyncData, kFirstSegment}, {Call::kWrite, "durable"}}));
}

TEST_F(SpoolStoring, WhatWasSyncedOutlivesACrashAndDurableIsNeverAhead) {
  ASSERT_TRUE(store_lines(*spool, spool_line(1)));
  const std::string synced = content();
  ASSERT_TRUE(append_lines(*spool, spool_line(2)));
  disk.crash();
  EXPECT_EQ(content(), synced);
  EXPECT_LE(parse_position_digits(durable_file()).value_or(0), synced.size());
}

TEST_F(SpoolStoring, EachWriteSaysHowFarTheSpoolIsSynced) {
  ASSERT_TRUE(append_lines(*spool, spool_line(1)));
  ASSERT_TRUE(append_lines(*spool, spool_line(2)));
  std::string expected = marked(spool_line(1), 0) + marked(spool_line(2), 0);
  ASSERT_TRUE(spool->sync());
  ASSERT_TRUE(append_lines(*spool, spool_line(3) + spool_line(4)));
  expected += marked(spool_line(3), expected.size()) + spool_line(4);
  EXPECT_EQ(content(), expected);
}

TEST_F(SpoolStoring, AFullDiskAtTheSyncTakesAllSinceTheLastOneBackAndTheSameLinesAreTakenLater) {
  ASSERT_TRUE(store_lines(*spool, spool_line(1)));
  const std::string before = content();
  ASSERT_TRUE(append_lines(*spool, spool_line(2)));
  ASSERT_TRUE(append_lines(*spool, spool_line(3)));
  disk.fail({Call::kSyncData, ENOSPC, kFirstSegment});
  EXPECT_EQ(code_of(spool->sync()), ErrorCode::kDiskFull);
  EXPECT_EQ(content(), before);
  EXPECT_EQ(spool->position(), before.size());
  EXPECT_EQ(disk.count(Call::kSync, kFirstSegment), 1U);  // of the cut
  ASSERT_TRUE(store_lines(*spool, spool_line(2) + spool_line(3)));
  disk.crash();
  EXPECT_EQ(seqs_in(content()), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST_F(SpoolStoring, AFullDiskAtAWriteKeepsWhatWasAppendedBefore) {
  ASSERT_TRUE(append_lines(*spool, spool_line(1)));
  const std::string appended = content();
  disk.fail({Call::kWrite, ENOSPC, kFirstSegment});
  EXPECT_EQ(code_of(append_lines(*spool, spool_line(2))), ErrorCode::kDiskFull);
  EXPECT_EQ(content(), appended);
  ASSERT_TRUE(spool->sync());
  EXPECT_EQ(spool->durable(), appended.size());
}

TEST_F(SpoolStoring, AFailedCutIsFinalEvenForAFullDisk) {
  for (const Call failing : {Call::kTruncate, Call::kSync}) {
    open_on_new_disk();
    ASSERT_TRUE(append_lines(*spool, spool_line(1)));
    disk.fail({Call::kSyncData, ENOSPC, kFirstSegment});
    disk.fail({failing, ENOSPC, kFirstSegment});
    EXPECT_EQ(code_of(spool->sync()), ErrorCode::kIo);
    EXPECT_EQ(code_of(append_lines(*spool, spool_line(1))), ErrorCode::kIo);
  }
}

TEST_F(SpoolStoring, WhereNothingMayBeTakenBackAFullDiskAtTheSyncIsFinal) {
  ASSERT_TRUE(append_lines(*spool, spool_line(1)));
  const std::string appended = content();
  disk.fail({Call::kSyncData, ENOSPC, kFirstSegment});
  EXPECT_EQ(code_of(spool->sync(IfFull::kFail)), ErrorCode::kIo);
  EXPECT_EQ(content(), appended);
  EXPECT_EQ(code_of(append_lines(*spool, spool_line(2))), ErrorCode::kIo);
}

TEST_F(SpoolStoring, AStorageErrorSticksAndNothingIsTouchedAgain) {
  const std::vector<test::CallOn> all{
      {Call::kWrite, kFirstSegment}, {Call::kSyncData, kFirstSegment}, {Call::kWrite, "durable"}};
  for (const auto& [failing, file] : all) {
    open_on_new_disk();
    disk.fail({failing, EIO, file});
    const bool at_write = file == kFirstSegment && failing == Call::kWrite;
    EXPECT_EQ(append_lines(*spool, spool_line(1)).has_value(), !at_write);
    EXPECT_EQ(errno_of(spool->sync()), EIO);
    disk.clear_faults();  // the disk would work again, and must not be asked
    disk.forget_calls();
    for (int i = 0; i < 3; ++i) {
      clock.advance_ms(60'000);
      EXPECT_EQ(errno_of(append_lines(*spool, spool_line(2))), EIO);
      EXPECT_EQ(errno_of(spool->sync()), EIO);
      EXPECT_EQ(errno_of(spool->sync(IfFull::kFail)), EIO);
      EXPECT_EQ(errno_of(spool->probe()), EIO);
      EXPECT_EQ(errno_of(spool->tick()), EIO);
      EXPECT_EQ(errno_of(spool->close()), EIO);
    }
    EXPECT_EQ(disk.changes(), 0U);
    EXPECT_EQ(durable_file(), position_digits(0));
  }
}

// Whoever comes next asks for the file that has the name.
TEST_F(SpoolStoring, OnceTheLockHasGoneFromItsNameNothingIsTouchedAgain) {
  for (const bool is_replaced : {false, true})
    for (const bool by_tick : {false, true}) {
      open_on_new_disk();
      ASSERT_TRUE(store_lines(*spool, spool_line(1)));
      ASSERT_TRUE(disk.open()->remove(std::string(kLockName)));
      if (is_replaced) disk.put(std::string(kLockName), "another\n");
      disk.forget_calls();
      const std::string before = content();
      clock.advance_ms(1000);
      if (by_tick) {
        EXPECT_EQ(code_of(spool->tick()), base::ErrorCode::kLocked);
      }
      EXPECT_EQ(code_of(append_lines(*spool, spool_line(2))), base::ErrorCode::kLocked);
      disk.put(std::string(kLockName), "");  // an error that sticks
      EXPECT_EQ(code_of(spool->sync()), base::ErrorCode::kLocked);
      EXPECT_EQ(code_of(spool->tick()), base::ErrorCode::kLocked);
      EXPECT_EQ(code_of(spool->close()), base::ErrorCode::kLocked);
      EXPECT_EQ(disk.changes(), 0U);
      EXPECT_EQ(content(), before);
    }
}

TEST_F(SpoolStoring, TheEndOfASpoolThatIsNoLongerItsOwnTouchesNothing) {
  open_on_new_disk();
  ASSERT_TRUE(store_lines(*spool, spool_line(1)));
  ASSERT_TRUE(disk.open()->remove(std::string(kLockName)));
  disk.forget_calls();
  EXPECT_EQ(code_of(spool->close()), base::ErrorCode::kLocked);
  EXPECT_EQ(disk.changes(), 0U);
}

TEST_F(SpoolStoring, AFullDiskAtTheDurableFileTakesTheLinesBackLikeOneAtTheSync) {
  ASSERT_TRUE(store_lines(*spool, spool_line(1)));
  const std::string before = content();
  ASSERT_TRUE(append_lines(*spool, spool_line(2)));
  disk.fail({Call::kWrite, ENOSPC, "durable"});
  EXPECT_EQ(code_of(spool->sync()), ErrorCode::kDiskFull);
  EXPECT_EQ(content(), before);
  EXPECT_EQ(spool->durable(), before.size());
  EXPECT_EQ(durable_file(), position_digits(before.size()));
  ASSERT_TRUE(store_lines(*spool, spool_line(2)));
  EXPECT_EQ(seqs_in(content()), (std::vector<std::uint64_t>{1, 2}));
}

TEST_F(SpoolStoring, AProbeSyncsAWriteAndLeavesTheSegmentAlone) {
  ASSERT_TRUE(append_lines(*spool, spool_line(1)));
  disk.forget_calls();
  ASSERT_TRUE(spool->probe());
  EXPECT_EQ(changes_of(disk), (std::vector<test::CallOn>{{Call::kWrite, "durable"}, {Call::kSyncData, "durable"}}));
  EXPECT_EQ(spool->durable(), 0U);
  EXPECT_EQ(durable_file(), position_digits(0));
  disk.fail({Call::kSyncData, ENOSPC, "durable"});
  EXPECT_EQ(code_of(spool->probe()), ErrorCode::kDiskFull);
  EXPECT_TRUE(spool->probe());
  disk.fail({Call::kSyncData, EIO, "durable"});
  EXPECT_EQ(errno_of(spool->probe()), EIO);
  EXPECT_EQ(errno_of(append_lines(*spool, spool_line(2))), EIO);
}

TEST_F(SpoolStoring, CloseSyncsGivesThePreallocationBackAndLeavesASnapshot) {
  const std::uint64_t free_before = disk.free_bytes();
  const std::vector<SessionMark> sessions{{7, {"worker"}, 1}};
  ASSERT_TRUE(append_lines(*spool, spool_line(1), sessions));
  ASSERT_TRUE(spool->close());
  const std::uint64_t snapshot_bytes = disk.content(kSnapshotName).value_or("").size();
  EXPECT_EQ(disk.free_bytes(), free_before - content().size() - snapshot_bytes);
  disk.crash();
  EXPECT_EQ(seqs_in(content()), std::vector<std::uint64_t>{1});
  const auto snapshot = find_snapshot(*disk.open(), spool->id()).newest;
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->position, content().size());
  EXPECT_EQ(snapshot->created_us, clock.wall_us());
  ASSERT_TRUE(snapshot->sessions.find(7));
  EXPECT_EQ(snapshot->sessions.find(7)->last_seq, 1U);
}

TEST_F(SpoolStoring, WithoutItsSnapshotAClosedSpoolHasOnlyMoreToRead) {
  for (const int errno_value : {EIO, ENOSPC}) {
    open_on_new_disk();
    ASSERT_TRUE(append_lines(*spool, spool_line(1)));
    disk.fail({Call::kWrite, errno_value, ".ndjson.tmp"});
    EXPECT_TRUE(spool->close());
    open();
    EXPECT_EQ(spool->recovery().lines, 1U);
  }
}

TEST_F(SpoolStoring, ACloseWhoseSyncFailsSaysSo) {
  for (const int errno_value : {EIO, ENOSPC}) {
    open_on_new_disk();
    ASSERT_TRUE(append_lines(*spool, spool_line(1)));
    disk.fail({Call::kSyncData, errno_value, kFirstSegment});
    EXPECT_EQ(code_of(spool->close()), ErrorCode::kIo);
    EXPECT_FALSE(disk.content(kSnapshotName));  // it would promise what is not synced
  }
}

TEST_F(SpoolStoring, FreeSpaceIncludesThePreallocation) {
  options.keep_free_bytes = 1;
  open();
  const std::uint64_t before = spool->free_bytes();
  ASSERT_TRUE(store_lines(*spool, spool_line(1)));
  EXPECT_EQ(spool->free_bytes(), before - content().size());
  EXPECT_TRUE(spool->has_room(before - content().size() - 1));
  EXPECT_FALSE(spool->has_room(before - content().size()));
}

}  // namespace
}  // namespace crawlspool::spool
