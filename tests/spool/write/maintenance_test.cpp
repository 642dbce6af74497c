// What is done beside the ingest. Compression and retention have tests of their own.
#include "daemon/spool/write/maintenance.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/spool/write/five_segments.h"
#include "tests/support/crash_points.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::spool {
namespace {

using test::Call;

class MaintenanceTest : public FiveSegments {};

TEST_F(MaintenanceTest, LooksAtEachSegmentOnceAndCountsThem) {
  start();
  EXPECT_EQ(maintenance->stats().segments, 5U);
  EXPECT_EQ(work(), 5);
  EXPECT_EQ(maintenance->stats().segment_bytes, at(5));
  EXPECT_EQ(work(), 0);
}

TEST_F(MaintenanceTest, ASegmentSealedMeanwhileCountsAtOnce) {
  start();
  work();
  disk.put(segment(5), line(4));
  maintenance->add_sealed(at(5), at(6));
  EXPECT_EQ(maintenance->stats().segments, 6U);
  EXPECT_EQ(maintenance->stats().segment_bytes, at(6));
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(maintenance->stats().segments, 6U);
  EXPECT_EQ(maintenance->stats().segment_bytes, at(6));
}

TEST_F(MaintenanceTest, OfTheSnapshotsOfferedTheNewestIsWritten) {
  start();
  work();
  EXPECT_TRUE(maintenance->wants_snapshot(at(5)));
  for (const std::uint64_t n : {3U, 4U, 5U}) maintenance->offer_snapshot({at(n), clock.wall_us(), {}});
  EXPECT_FALSE(disk.content(kSnapshotName));  // not on the thread that offers it
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(find_snapshot(*directory, kId).newest->position, at(5));
  EXPECT_FALSE(disk.content(kPreviousSnapshotName));
  EXPECT_EQ(maintenance->stats().snapshots, 1U);
}

TEST_F(MaintenanceTest, ASnapshotThatFailsIsDroppedAndTheNextOneIsWritten) {
  start();
  work();
  for (const int errno_value : {EIO, ENOSPC}) {
    disk.fail({Call::kWrite, errno_value, ".tmp"});
    maintenance->offer_snapshot({at(3), clock.wall_us(), {}});
    work();
    EXPECT_FALSE(disk.content(kSnapshotName));
    EXPECT_EQ(maintenance->stats().snapshots, 0U);
  }
  maintenance->offer_snapshot({at(3), clock.wall_us(), {}});
  work();
  EXPECT_EQ(find_snapshot(*directory, kId).newest->position, at(3));
  EXPECT_EQ(maintenance->stats().snapshots, 1U);
}

}  // namespace
}  // namespace crawlspool::spool
