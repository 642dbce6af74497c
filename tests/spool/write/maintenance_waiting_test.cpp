// Compression goes on in pieces, between which everything else is done, and waits for a quieter time where it can.
#include <gtest/gtest.h>

#include <string>

#include "daemon/spool/write/maintenance.h"
#include "tests/spool/write/five_segments.h"
#include "tests/support/log_capture.h"

namespace crawlspool::spool {
namespace {

class MaintenanceWaiting : public FiveSegments {
 protected:
  void SetUp() override {
    FiveSegments::SetUp();
    options.compress = true;
  }
  void until_compression() {
    while (!disk.content(compressed(0) + std::string(kTemporarySuffix))) ASSERT_TRUE(step());
  }
};

TEST_F(MaintenanceWaiting, OnlyCompressionCanWait) {
  start();
  while (maintenance->stats().compressed == 0) {
    ASSERT_TRUE(step());
    const bool has_begun = disk.content(compressed(0) + std::string(kTemporarySuffix)) || disk.content(compressed(0));
    EXPECT_EQ(maintenance->can_wait(), has_begun);
  }
  maintenance->offer_snapshot({at(5), clock.wall_us(), {}});
  ASSERT_TRUE(step());
  EXPECT_FALSE(maintenance->can_wait());
}

TEST_F(MaintenanceWaiting, ABacklogBeyondItsBoundCannot) {
  options.backlog_bytes_max = at(2);
  start();
  until_compression();
  EXPECT_FALSE(maintenance->can_wait());
  while (maintenance->stats().compressed < 3) ASSERT_TRUE(step());
  ASSERT_TRUE(step());
  EXPECT_TRUE(maintenance->can_wait());
}

TEST_F(MaintenanceWaiting, NorOneThatTakesUpWhatRetentionIsToKeep) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = at(6);
  start();
  until_compression();
  EXPECT_FALSE(maintenance->can_wait());
}

TEST_F(MaintenanceWaiting, NorOneOnASmallDisk) {
  disk.set_capacity(at(5) + at(5) * 7);  // less than eight times the backlog is free
  start();
  until_compression();
  EXPECT_FALSE(maintenance->can_wait());
}

TEST_F(MaintenanceWaiting, NorASegmentForEver) {
  start();
  until_compression();
  EXPECT_TRUE(maintenance->can_wait());
  clock.advance_ms(600 * kSecondMs);
  ASSERT_TRUE(step());
  EXPECT_FALSE(maintenance->can_wait());
}

TEST_F(MaintenanceWaiting, ASnapshotIsWrittenBetweenThePiecesOfASegment) {
  start();
  until_compression();
  maintenance->offer_snapshot({at(5), clock.wall_us(), {}});
  ASSERT_TRUE(step());
  EXPECT_TRUE(disk.content(kSnapshotName));
  EXPECT_EQ(maintenance->stats().compressed, 0U);
}

TEST_F(MaintenanceWaiting, ASegmentRemovedByRetentionIsNoLongerCompressed) {
  test::LogCapture log;
  put_snapshots(disk, at(5));
  start();
  until_compression();
  MaintenanceOptions fewer = options;
  fewer.retention.bytes_max = at(4);
  maintenance->set_options(fewer);
  work();
  EXPECT_FALSE(disk.content(segment(0)));
  for (const std::string& name : disk.names()) EXPECT_FALSE(name.starts_with(compressed(0))) << name;
  EXPECT_EQ(maintenance->stats().compressed, 4U);
  EXPECT_TRUE(log.stop_and_find("segment_gone").empty());
}

}  // namespace
}  // namespace crawlspool::spool
