// The sessions' numbers of a spool: of what is synced and of nothing else, over full disks, restarts and crashes.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "daemon/spool/write/spool.h"
#include "tests/support/errors.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::append_lines;
using test::Call;
using test::code_of;
using test::kFirstSegment;
using test::make_line;
using test::store_lines;

constexpr SessionKey kKey = 0xfeed;

class SpoolSessions : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    spool.reset();
    auto opened = test::open_spool(disk, clock);
    ASSERT_TRUE(opened);
    spool = std::move(*opened);
  }
  static std::string line(std::uint64_t seq) { return make_line({.seq = seq, .session = kKey, .client = "worker"}); }
  static std::vector<SessionMark> mark(std::uint64_t last_seq) { return {{kKey, {"worker"}, last_seq}}; }
  bool store(std::uint64_t seq) { return store_lines(*spool, line(seq), mark(seq)); }
  [[nodiscard]] std::uint64_t last_seq() const {
    const SessionState* const known = spool->sessions().find(kKey);
    return known != nullptr ? known->last_seq : 0;
  }
  // Three lines of which the disk takes the first only.
  void append_partly() {
    disk.set_write_bytes_max(line(1).size());
    disk.fail({Call::kWrite, ENOSPC, kFirstSegment, 3});
    ASSERT_EQ(append_lines(*spool, line(1) + line(2) + line(3), mark(3)), line(1).size());
    disk.clear_faults();
  }
  void expect_after_restart(std::uint64_t number) {
    open();
    EXPECT_EQ(last_seq(), number);
  }

  test::ForgetfulDisk disk;
  test::ManualClock clock;
  std::unique_ptr<Spool> spool;
};

TEST_F(SpoolSessions, ANumberIsInForceOnceItsLinesAreSynced) {
  ASSERT_TRUE(append_lines(*spool, line(1), mark(1)));
  EXPECT_EQ(spool->sessions().size(), 0U);
  ASSERT_TRUE(spool->sync());
  ASSERT_EQ(last_seq(), 1U);
  EXPECT_EQ(spool->sessions().find(kKey)->owner.client, "worker");
  EXPECT_EQ(spool->sessions().find(kKey)->last_used_us, clock.wall_us());
  ASSERT_TRUE(append_lines(*spool, line(2), mark(2)));
  ASSERT_TRUE(append_lines(*spool, line(3), mark(3)));
  EXPECT_EQ(last_seq(), 1U);
  ASSERT_TRUE(spool->sync());
  EXPECT_EQ(last_seq(), 3U);
}

TEST_F(SpoolSessions, ANumberWithoutALineIsInForceOnceAllBeforeItIsSynced) {
  spool->note(std::vector<SessionMark>{{kKey, {"worker"}, 1, 1}});
  EXPECT_EQ(last_seq(), 1U);
  ASSERT_TRUE(append_lines(*spool, line(2), mark(2)));
  spool->note(std::vector<SessionMark>{{kKey, {"worker"}, 3, 1}});
  EXPECT_EQ(last_seq(), 1U);
  ASSERT_TRUE(spool->sync());
  EXPECT_EQ(last_seq(), 3U);
  EXPECT_EQ(spool->sessions().find(kKey)->rejected, 2U);
}

TEST_F(SpoolSessions, WhatAFullDiskTakesBackTakesItsNumberWithIt) {
  ASSERT_TRUE(store(1));
  ASSERT_TRUE(append_lines(*spool, line(2), mark(2)));
  disk.fail({Call::kSyncData, ENOSPC, kFirstSegment});
  ASSERT_EQ(code_of(spool->sync()), ErrorCode::kDiskFull);
  ASSERT_TRUE(spool->sync());
  EXPECT_EQ(last_seq(), 1U);
  ASSERT_TRUE(store(2));
  EXPECT_EQ(last_seq(), 2U);
}

TEST_F(SpoolSessions, OfAnOfferThatIsPartlyInTheNumbersOfThatPartAreInForce) {
  append_partly();
  ASSERT_TRUE(spool->sync());
  EXPECT_EQ(last_seq(), 1U);
  ASSERT_TRUE(store_lines(*spool, line(2) + line(3), mark(3)));
  EXPECT_EQ(last_seq(), 3U);
}

TEST_F(SpoolSessions, ASnapshotNeverStandsForLinesWhoseNumbersAreNotInForce) {
  append_partly();
  ASSERT_TRUE(spool->close());
  expect_after_restart(1);
}

TEST_F(SpoolSessions, NorDoesOneThatIsTakenMeanwhile) {
  append_partly();
  ASSERT_TRUE(spool->sync());
  clock.advance_ms(60'000);
  ASSERT_TRUE(spool->tick());
  while (spool->maintain()) {
  }
  expect_after_restart(1);
}

TEST_F(SpoolSessions, NorOneOfASpoolWhoseRestWasTakenBack) {
  append_partly();
  ASSERT_TRUE(spool->sync());
  ASSERT_TRUE(append_lines(*spool, line(2) + line(3), mark(3)));
  disk.fail({Call::kSyncData, ENOSPC, kFirstSegment});
  ASSERT_EQ(code_of(spool->sync()), ErrorCode::kDiskFull);
  ASSERT_TRUE(spool->close());
  expect_after_restart(1);
}

TEST_F(SpoolSessions, NumbersOutliveACrashWithASnapshotAndWithout) {
  for (const bool with_snapshot : {false, true}) {
    ASSERT_TRUE(store(last_seq() + 1));
    if (with_snapshot) {
      clock.advance_ms(60'000);
      ASSERT_TRUE(spool->tick());
      ASSERT_TRUE(spool->maintain());
    }
    const std::uint64_t stored = last_seq() + 1;
    ASSERT_TRUE(store(stored));
    ASSERT_TRUE(append_lines(*spool, line(stored + 1), mark(stored + 1)));
    disk.crash();
    expect_after_restart(stored);
    EXPECT_EQ(spool->recovery().lines, with_snapshot ? 1U : stored);
  }
}

TEST_F(SpoolSessions, ASnapshotIsTakenOnceAnInterval) {
  const auto taken = [&] {
    EXPECT_TRUE(spool->tick());
    while (spool->maintain()) {
    }
    return spool->maintenance_stats().snapshots;
  };
  ASSERT_TRUE(store(1));
  EXPECT_EQ(taken(), 1U);
  ASSERT_TRUE(store(2));
  EXPECT_EQ(taken(), 1U);
  clock.advance_ms(SpoolOptions{}.snapshot_interval_ms - 1);
  EXPECT_EQ(taken(), 1U);
  clock.advance_ms(1);
  EXPECT_EQ(taken(), 2U);
}

TEST_F(SpoolSessions, ANumberNeverGoesBack) {
  ASSERT_TRUE(store(5));
  ASSERT_TRUE(store(3));
  EXPECT_EQ(last_seq(), 5U);
  ASSERT_TRUE(spool->close());
  expect_after_restart(5);
}

}  // namespace
}  // namespace crawlspool::spool
