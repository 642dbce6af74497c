// Compression goes on in pieces, between which everything else is done, and waits for a quieter time where it can.
#include <gtest/gtest.h>

#include <string>

#include "daemon/spool/write/background.h"
#include "tests/spool/write/five_segments.h"
#include "tests/support/log_capture.h"

namespace crawlspool::spool {
namespace {

class BackgroundWaiting : public FiveSegments {
 protected:
  void SetUp() override {
    FiveSegments::SetUp();
    options.compress = true;
  }
  void until_compression() {
    while (!disk.content(compressed(0) + std::string(kTemporarySuffix))) ASSERT_TRUE(step());
  }
};

TEST_F(BackgroundWaiting, OnlyCompressionCanWait) {
  start();
  while (background->stats().compressed == 0) {
    ASSERT_TRUE(step());
    const bool has_begun = disk.content(compressed(0) + std::string(kTemporarySuffix)) || disk.content(compressed(0));
    EXPECT_EQ(background->can_wait(), has_begun);
  }
  background->offer_snapshot({at(5), clock.wall_us(), {}});
  ASSERT_TRUE(step());
  EXPECT_FALSE(background->can_wait());
}

TEST_F(BackgroundWaiting, ABacklogBeyondItsBoundCannot) {
  options.backlog_bytes_max = at(2);
  start();
  until_compression();
  EXPECT_FALSE(background->can_wait());
  while (background->stats().compressed < 3) ASSERT_TRUE(step());
  ASSERT_TRUE(step());
  EXPECT_TRUE(background->can_wait());
}

TEST_F(BackgroundWaiting, NorOneThatTakesUpWhatRetentionIsToKeep) {
  put_snapshots(disk, at(5));
  options.retention.bytes_max = at(6);
  start();
  until_compression();
  EXPECT_FALSE(background->can_wait());
}

TEST_F(BackgroundWaiting, NorOneOnASmallDisk) {
  disk.set_capacity(at(5) + at(5) * 7);  // less than eight times the backlog is free
  start();
  until_compression();
  EXPECT_FALSE(background->can_wait());
}

TEST_F(BackgroundWaiting, NorASegmentForEver) {
  start();
  until_compression();
  EXPECT_TRUE(background->can_wait());
  clock.advance_ms(600 * kSecondMs);
  ASSERT_TRUE(step());
  EXPECT_FALSE(background->can_wait());
}

TEST_F(BackgroundWaiting, ASnapshotIsWrittenBetweenThePiecesOfASegment) {
  start();
  until_compression();
  background->offer_snapshot({at(5), clock.wall_us(), {}});
  ASSERT_TRUE(step());
  EXPECT_TRUE(disk.content(kSnapshotName));
  EXPECT_EQ(background->stats().compressed, 0U);
}

TEST_F(BackgroundWaiting, ASegmentRemovedByRetentionIsNoLongerCompressed) {
  test::LogCapture log;
  put_snapshots(disk, at(5));
  start();
  until_compression();
  BackgroundOptions fewer = options;
  fewer.retention.bytes_max = at(4);
  background->set_options(fewer);
  work();
  EXPECT_FALSE(disk.content(segment(0)));
  for (const std::string& name : disk.names()) EXPECT_FALSE(name.starts_with(compressed(0))) << name;
  EXPECT_EQ(background->stats().compressed, 4U);
  EXPECT_TRUE(log.stop_and_find("segment_gone").empty());
}

}  // namespace
}  // namespace crawlspool::spool
