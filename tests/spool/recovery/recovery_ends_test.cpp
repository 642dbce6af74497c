// Where a start goes on when the end of the spool is not where it should be, and what it does on a disk that fails.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/recovery/recovery.h"
#include "tests/spool/recovery/recovering_spool.h"
#include "tests/support/crash_points.h"
#include "tests/support/errors.h"
#include "tests/support/manual_clock.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::ForgetfulDisk;
using Strings = std::vector<std::string>;
using Ranges = std::vector<Range>;

const test::ManualClock kClock;

class RecoveryEnds : public LaidOutSpool {
 protected:
  // A start of the whole spool, which begins the segment that recovery asks for; and one more, which misses nothing.
  void expect_to_go_on_at(Position position) {
    disk.put(std::string(kIdentityName), std::string("{\"format\":1,\"id\":\"") + kId + "\"}\n");
    for (int start = 0; start < 2; ++start) {
      const auto spool = test::open_spool(disk, kClock);
      ASSERT_TRUE(spool) << spool.error().message();
      EXPECT_EQ((*spool)->position(), position);
      EXPECT_EQ((*spool)->recovery().missing.empty(), start == 1);
      EXPECT_TRUE(disk.content(segment_file_name({position, SegmentKind::kOpen})));
      disk.crash();
    }
  }
};

TEST_F(RecoveryEnds, ASnapshotThatProvesMoreThanThereIsMovesTheEndBehindItsPosition) {
  put_three_segments();
  put_snapshot(8);
  const Recovered recovered = recover_it();
  EXPECT_EQ(ranges(recovered.report.missing), (Ranges{{at(6), at(2)}}));
  EXPECT_EQ(recovered.report.begin, at(8));
  EXPECT_EQ(recovered.report.end, at(8));
  EXPECT_EQ(recovered.active, nullptr);
  EXPECT_EQ(sealed_files(recovered), (Strings{sealed(0), sealed(2), sealed(4)}));
  EXPECT_EQ(last_number(recovered.sessions), 8U);
  EXPECT_EQ(disk.content(sealed(4)), lines(5, 6));
}

TEST_F(RecoveryEnds, NoPositionBeforeTheSnapshotIsEverUsedAgain) {
  put_three_segments();
  put_snapshot(8);
  expect_to_go_on_at(at(8));
  EXPECT_EQ(disk.content(sealed(4)), lines(5, 6));
}

TEST_F(RecoveryEnds, AlsoWhereTheActiveOneIsEmpty) {
  put_three_segments();
  disk.put(open_one(4), "");
  put_snapshot(8);
  const Recovered recovered = recover_it();
  EXPECT_EQ(ranges(recovered.report.missing), (Ranges{{at(4), at(4)}}));
  EXPECT_EQ(sealed_files(recovered), (Strings{sealed(0), sealed(2)}));  // an empty one is never sealed
  EXPECT_FALSE(disk.content(sealed(4)) || disk.content(open_one(4)));
}

TEST_F(RecoveryEnds, AlsoWhereNoneGrowsOrThereIsNoneAtAll) {
  put_snapshot(8);
  EXPECT_EQ(ranges(recover_it().report.missing), (Ranges{{0, at(8)}}));
  disk.put(sealed(0), lines(1, 2));
  EXPECT_EQ(ranges(recover_it().report.missing), (Ranges{{at(2), at(6)}}));
  expect_to_go_on_at(at(8));
}

TEST_F(RecoveryEnds, ATornLastLineBeforeTheSnapshotIsMissedOnce) {
  put_three_segments();
  disk.put(open_one(4), lines(5, 6).substr(0, at(2) - 30));
  put_snapshot(8);
  EXPECT_EQ(ranges(recover_it().report.missing), (Ranges{{at(6) - 30, at(2) + 30}}));
}

TEST_F(RecoveryEnds, WhatDurablePromisedIsMissedWithAnActiveOneAndWithout) {
  put_three_segments();
  put_durable(at(7));
  EXPECT_EQ(ranges(recover_it().report.missing), (Ranges{{at(6), at(1)}}));
  disk = ForgetfulDisk();
  disk.put(sealed(0), lines(1, 2));
  disk.put(sealed(2), lines(3, 4));
  put_durable(at(7));
  const Recovered recovered = recover_it();  // the active one is gone
  EXPECT_EQ(ranges(recovered.report.missing), (Ranges{{at(4), at(3)}}));
  EXPECT_EQ(recovered.report.end, at(4));
}

TEST_F(RecoveryEnds, TheGreaterPromiseSaysHowMuchIsMissing) {
  for (const auto& [durable, snapshot] : {std::pair(5, 7), std::pair(7, 5)}) {
    disk = ForgetfulDisk();
    disk.put(sealed(0), lines(1, 4));
    put_durable(at(durable));
    put_snapshot(snapshot);
    EXPECT_EQ(ranges(recover_it().report.missing), (Ranges{{at(4), at(3)}}));
  }
}

TEST_F(RecoveryEnds, AHoleAndALostEndAreReportedByPosition) {
  disk.put(sealed(0), lines(1, 2));
  disk.put(sealed(3), lines(4, 4));
  put_durable(at(5));
  EXPECT_EQ(ranges(recover_it().report.missing), (Ranges{{at(2), at(1)}, {at(4), at(1)}}));
}

TEST_F(RecoveryEnds, ALinkNamedAsALaterSegmentMovesNothing) {
  disk.put(sealed(0), lines(1, 2));
  ASSERT_TRUE(disk.open()->link_to("elsewhere", sealed(1000)));
  const Recovered recovered = recover_it();
  EXPECT_EQ(recovered.report.end, at(2));
  EXPECT_EQ(skipped(recovered), Strings{sealed(1000)});
}

TEST_F(RecoveryEnds, ASecondFileOfTheLastPositionMovesNothing) {
  disk.put(sealed(0), lines(1, 4));
  disk.put(open_one(0), lines(1, 2));  // somebody's copy
  const Recovered recovered = recover_it();
  EXPECT_EQ(recovered.report.end, at(4));
  EXPECT_EQ(skipped(recovered), Strings{open_one(0)});
}

TEST_F(RecoveryEnds, ALinkInTheRowIsReportedOnceAndTheRestIsRead) {
  put_three_segments();
  ASSERT_TRUE(disk.open()->link_to("elsewhere", sealed(2)));
  const Recovered recovered = recover_it();
  EXPECT_EQ(skipped(recovered), Strings{sealed(2)});
  EXPECT_EQ(recovered.report.lines, 4U);
  EXPECT_EQ(last_number(recovered.sessions), 6U);
  EXPECT_EQ(sealed_files(recovered), Strings{sealed(0)});
}

TEST_F(RecoveryEnds, ACrashAtEachChangeLeavesSomethingToRecoverAgain) {
  for (const bool beyond : {false, true}) {
    const auto lay_out = [&](ForgetfulDisk& fresh) {
      fresh.put(open_one(0), lines(1, 2));
      fresh.put(open_one(2), lines(3, 4));
      fresh.put(sealed(2) + ".tmp", "half");
      fresh.put(open_one(4), lines(5, 6) + "torn");
      put_snapshot(fresh, snapshot_behind(beyond ? 8 : 3));
    };
    test::crash_at_each_change(
        lay_out, [](ForgetfulDisk& stopping) { return recover(*stopping.open(), kId).has_value(); },
        [&](ForgetfulDisk& crashed, const test::CrashPoint&) {
          disk = crashed;
          const Recovered recovered = recover_it();
          EXPECT_EQ(recovered.report.end, at(beyond ? 8 : 6));
          EXPECT_EQ(last_number(recovered.sessions), beyond ? 8U : 6U);
          ASSERT_EQ(recovered.report.missing.size(), beyond ? 1U : 0U);
          if (beyond) {
            EXPECT_EQ(recovered.report.missing[0].position + recovered.report.missing[0].bytes, at(8));
          }
          disk.crash();
          EXPECT_EQ(test::seqs_in(test::whole_spool(disk)), (std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6}));
        });
  }
}

TEST_F(RecoveryEnds, AFailureAtAnyChangeEndsTheStartAndTheNextOneRecovers) {
  for (const Call call : {Call::kSyncData, Call::kRename, Call::kRemove, Call::kTruncate, Call::kSync, Call::kCreate,
                          Call::kSyncDirectory}) {
    disk = ForgetfulDisk();
    disk.put(open_one(0), lines(1, 2));
    disk.put(open_one(2), lines(3, 4) + "torn");
    disk.put("durable.tmp", "half");
    disk.fail({call, EIO, ""});
    EXPECT_EQ(test::errno_of(recover(*disk.open(), kId)), EIO);
    disk.clear_faults();
    EXPECT_EQ(recover_it().report.end, at(4));
    EXPECT_EQ(test::whole_spool(disk), lines(1, 4));
  }
}

TEST_F(RecoveryEnds, WhatCannotBeReadNowMayBeThereTomorrowAndEndsTheStart) {
  for (const std::string& file : {sealed(2), open_one(4), std::string(kDurableName)}) {
    disk = test::ForgetfulDisk();
    put_three_segments();
    put_durable(0);
    disk.fail({Call::kRead, EIO, file});
    EXPECT_EQ(test::errno_of(recover(*disk.open(), kId)), EIO) << file;
    disk.clear_faults();
    EXPECT_EQ(recover_it().report.lines, 6U);
  }
}

TEST_F(RecoveryEnds, ASnapshotThatCannotBeReadMayBeTheOneThatProvesMost) {
  put_three_segments();
  put_snapshot(2);
  put_snapshot(3);
  disk.fail({Call::kRead, EIO, std::string(kSnapshotName)});
  EXPECT_EQ(test::errno_of(recover(*disk.open(), kId)), EIO);
  EXPECT_EQ(recover_it().report.lines, 3U);
}

}  // namespace
}  // namespace crawlspool::spool
