#include "daemon/spool/write/spool.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/crash_points.h"
#include "tests/support/errors.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::code_of;
using test::ForgetfulDisk;
using test::kFirstSegment;
using test::open_spool;
using test::seqs_in;
using test::spool_line;
using test::store_lines;

const test::ManualClock kClock;

TEST(Spool, ANewOneIsOnTheDiskWhenItIsOpen) {
  ForgetfulDisk disk;
  ASSERT_TRUE(open_spool(disk, kClock));
  disk.crash();
  EXPECT_EQ(disk.content(kFirstSegment), "");
  EXPECT_TRUE(disk.content(kDurableName) && disk.content(kIdentityName) && disk.content(kLockName));
  EXPECT_EQ(disk.target(kCurrentName), kFirstSegment);
  EXPECT_EQ(disk.names(kRejectedName), std::vector<std::string>{});
  EXPECT_EQ(disk.names(kCursorsName), std::vector<std::string>{});
  EXPECT_EQ(disk.names(), (std::vector<std::string>{kFirstSegment, "LOCK", "current.ndjson", "cursors", "durable",
                                                    "rejected", "spool.json"}));
}

TEST(Spool, OpenedTwiceTheSecondIsRefusedAndTheFirstGoesOn) {
  ForgetfulDisk disk;
  const auto first = open_spool(disk, kClock);
  ASSERT_TRUE(first);
  disk.forget_calls();
  EXPECT_EQ(code_of(open_spool(disk, kClock)), ErrorCode::kLocked);
  EXPECT_EQ(disk.changes(), 0U);
  EXPECT_TRUE(store_lines(**first, spool_line(1)));
}

TEST(Spool, GoesOnWhereItWasClosedUnderTheSameIdAndReadsNothingTwice) {
  ForgetfulDisk disk;
  std::string id;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    const auto spool = open_spool(disk, kClock);
    ASSERT_TRUE(spool);
    if (seq == 1) id = (*spool)->id();
    EXPECT_EQ((*spool)->id(), id);
    EXPECT_EQ((*spool)->recovery().lines, 0U);  // the snapshot of the close stands for them
    EXPECT_EQ((*spool)->recovery().read_from, (*spool)->position());
    EXPECT_FALSE((*spool)->recovery().cut);
    ASSERT_TRUE(store_lines(**spool, spool_line(seq)));
    ASSERT_TRUE((*spool)->close());
  }
  EXPECT_EQ(seqs_in(disk.content(kFirstSegment).value_or("")), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Spool, ASegmentBegunElsewhereKeepsItsPositions) {
  ForgetfulDisk disk;
  disk.put("00000000000000005000.ndjson.open", spool_line(1));
  const auto spool = open_spool(disk, kClock);
  ASSERT_TRUE(spool);
  EXPECT_EQ((*spool)->recovery().begin, 5000U);
  EXPECT_EQ((*spool)->position(), 5000 + spool_line(1).size());
  EXPECT_EQ((*spool)->durable(), (*spool)->position());
  EXPECT_EQ((*spool)->active_bytes(), spool_line(1).size());
  EXPECT_EQ(disk.content(kDurableName), position_digits(5000 + spool_line(1).size()));
}

TEST(Spool, WhatGrowsCountsForRetentionFromTheStartOn) {
  ForgetfulDisk disk;
  SpoolOptions options{.segment_bytes_max = 1};
  for (int start = 0; start < 2; ++start) {  // each close leaves a snapshot
    const auto spool = open_spool(disk, kClock, options);
    ASSERT_TRUE(spool && store_lines(**spool, spool_line(1)) && store_lines(**spool, spool_line(2)));
    ASSERT_TRUE((*spool)->close());
  }
  const std::size_t segments = test::segments_on(disk).size();
  options.maintenance.retention.bytes_max = test::whole_spool(disk).size() - 1;
  const auto spool = open_spool(disk, kClock, options);
  ASSERT_TRUE(spool && (*spool)->active_bytes() > 0);
  while ((*spool)->maintain()) {
  }
  EXPECT_EQ(test::segments_on(disk).size(), segments - 1);
}

TEST(Spool, ACrashAtEachCallOfTheStartLosesNothing) {
  const std::string kept = spool_line(1) + spool_line(2);
  test::crash_at_each_change(
      [&](ForgetfulDisk& disk) {
        disk.put(kFirstSegment, kept + std::string(9000, '\0') + spool_line(9));
        disk.put(std::string(kDurableName), position_digits(spool_line(1).size()));
      },
      [](ForgetfulDisk& disk) { return open_spool(disk, kClock).has_value(); },
      [&](ForgetfulDisk& disk, const test::CrashPoint&) {
        ASSERT_TRUE(open_spool(disk, kClock));
        disk.crash();
        ASSERT_EQ(disk.content(kFirstSegment), kept);
      });
}

TEST(Spool, IsUnderLoadWhileMegabytesAreAppendedAtOnce) {
  ForgetfulDisk disk;
  test::ManualClock clock;
  const auto spool = open_spool(disk, clock);
  ASSERT_TRUE(spool && store_lines(**spool, spool_line(1)));
  EXPECT_FALSE((*spool)->is_under_load());
  std::string lines;
  for (std::uint64_t seq = 2; lines.size() < 1024 * 1024; ++seq) lines += spool_line(seq);
  ASSERT_TRUE(store_lines(**spool, lines));
  EXPECT_TRUE((*spool)->is_under_load());
  clock.advance_ms(100);
  EXPECT_FALSE((*spool)->is_under_load());
}

}  // namespace
}  // namespace crawlspool::spool
