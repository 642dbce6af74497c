#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "daemon/spool/recovery/segment_recovery.h"
#include "tests/spool/recovery/recovering.h"
#include "tests/support/crash_points.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::ForgetfulDisk;
using test::place_of;
using test::spool_line;

class SegmentRecoveryOnFaultyDisk : public OneSegment {};

TEST_F(SegmentRecoveryOnFaultyDisk, ReadsOnlyAfterSyncAndDroppedCache) {
  disk.put(kSegment, first);
  ASSERT_TRUE(recover_on(disk, {}));
  EXPECT_LT(place_of(disk, Call::kSyncData, kSegment), place_of(disk, Call::kDropCache, kSegment));
  EXPECT_LT(place_of(disk, Call::kDropCache, kSegment), place_of(disk, Call::kRead, kSegment));
  EXPECT_GT(disk.count(Call::kRead, kSegment), 0U);
}

TEST_F(SegmentRecoveryOnFaultyDisk, DoesNotBelieveACacheThatTheDiskNeverGot) {
  disk.put(kSegment, first);
  const auto directory = disk.open();
  const auto segment = directory->open(kSegment, OpenMode::kWrite);
  const std::string_view parts[] = {second};
  ASSERT_TRUE(write_fully(**segment, first.size(), parts));
  disk.fail({Call::kSyncData, EIO, kSegment});
  ASSERT_FALSE((*segment)->sync_data());
  ASSERT_EQ(left(), first + second);  // stale pages: it looks as if it were there
  const auto report = recover_on(disk, {0, 0, first.size()});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->end, first.size());
  EXPECT_EQ(left(), first);
}

TEST_F(SegmentRecoveryOnFaultyDisk, WithoutRoomForTheCopyTheTailIsCutAllTheSame) {
  disk.put(kSegment, first + "torn");
  disk.fail({Call::kWrite, ENOSPC, position_digits(first.size())});
  const auto report = recover_on(disk, {});
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->cut_was_kept);
  EXPECT_EQ(left(), first);
}

TEST_F(SegmentRecoveryOnFaultyDisk, AnyOtherFailureEndsItWithTheSegmentUncut) {
  const std::string content = first + "torn";
  for (const Call call : {Call::kSyncData, Call::kRead, Call::kTruncate, Call::kCreate, Call::kWrite}) {
    disk = ForgetfulDisk();
    disk.put(kSegment, content);
    disk.fail({call, EIO, ""});
    ASSERT_FALSE(recover_on(disk, {}));
    EXPECT_EQ(left(), content);
  }
}

TEST_F(SegmentRecoveryOnFaultyDisk, ACrashAtEachStorageCallLeavesSomethingToRecoverAgain) {
  const std::string tail = std::string(3000, '\0') + second + spool_line(4) + "{\"torn";
  const auto recovers = [](ForgetfulDisk& crashed) { return recover_on(crashed, {}).has_value(); };
  test::crash_at_each_change([&](ForgetfulDisk& fresh) { fresh.put(kSegment, first + second + tail); }, recovers,
                             [&](ForgetfulDisk& crashed, const test::CrashPoint& point) {
                               // sync, cut/ made, copied and synced, truncate, sync
                               ASSERT_TRUE(!point.done || point.changes >= 7);
                               disk = crashed;
                               ASSERT_TRUE(recovers(disk));
                               disk.crash();
                               ASSERT_EQ(left(), first + second);
                               ASSERT_EQ(cut_at(first.size() + second.size()), tail);
                             });
}

}  // namespace
}  // namespace crawlspool::spool
