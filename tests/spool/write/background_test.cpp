// What is done beside the ingest. Compression and retention have tests of their own.
#include "daemon/spool/write/background.h"

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

class BackgroundTest : public FiveSegments {};

TEST_F(BackgroundTest, LooksAtEachSegmentOnceAndCountsThem) {
  start();
  EXPECT_EQ(background->stats().segments, 5U);
  EXPECT_EQ(work(), 5);
  EXPECT_EQ(background->stats().segment_bytes, at(5));
  EXPECT_EQ(work(), 0);
}

TEST_F(BackgroundTest, ASegmentSealedMeanwhileCountsAtOnce) {
  start();
  work();
  disk.put(segment(5), line(4));
  background->add_sealed(at(5), at(6));
  EXPECT_EQ(background->stats().segments, 6U);
  EXPECT_EQ(background->stats().segment_bytes, at(6));
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(background->stats().segments, 6U);
  EXPECT_EQ(background->stats().segment_bytes, at(6));
}

TEST_F(BackgroundTest, OfTheSnapshotsOfferedTheNewestIsWritten) {
  start();
  work();
  EXPECT_TRUE(background->wants_snapshot(at(5)));
  for (const std::uint64_t n : {3U, 4U, 5U}) background->offer_snapshot({at(n), clock.wall_us(), {}});
  EXPECT_FALSE(disk.content(kSnapshotName));  // not on the thread that offers it
  EXPECT_EQ(work(), 1);
  EXPECT_EQ(find_snapshot(*directory, kId).newest->position, at(5));
  EXPECT_FALSE(disk.content(kPreviousSnapshotName));
  EXPECT_EQ(background->stats().snapshots, 1U);
}

TEST_F(BackgroundTest, ASnapshotThatFailsIsDroppedAndTheNextOneIsWritten) {
  start();
  work();
  for (const int errno_value : {EIO, ENOSPC}) {
    disk.fail({Call::kWrite, errno_value, ".tmp"});
    background->offer_snapshot({at(3), clock.wall_us(), {}});
    work();
    EXPECT_FALSE(disk.content(kSnapshotName));
    EXPECT_EQ(background->stats().snapshots, 0U);
  }
  background->offer_snapshot({at(3), clock.wall_us(), {}});
  work();
  EXPECT_EQ(find_snapshot(*directory, kId).newest->position, at(3));
  EXPECT_EQ(background->stats().snapshots, 1U);
}

}  // namespace
}  // namespace crawlspool::spool
