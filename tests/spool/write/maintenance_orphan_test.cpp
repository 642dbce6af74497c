// A compressed copy that has its name while its plain file could not be removed, or the directory not be synced:
// whatever takes the segment away takes both, so that no hole is left in the row.
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "daemon/spool/write/maintenance.h"
#include "tests/spool/write/five_segments.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::spool {
namespace {

using test::Call;

class MaintenanceOrphans : public FiveSegments {
 protected:
  void SetUp() override {
    FiveSegments::SetUp();
    put_snapshots(disk, at(5));
    options.compress = true;
    options.retention.bytes_max = 1'000'000;
    start();
  }
  // The oldest segment is there twice: its compression failed at the very end, and is tried again in 30 s.
  void leave_twice() {
    work();
    ASSERT_EQ(maintenance->stats().compression_failed, 1U);
    ASSERT_TRUE(disk.content(segment(0)) && disk.content(compressed(0)));
  }
  // From now on only the newest may stay.
  void retain_one() {
    options.retention.bytes_max = 1;
    maintenance->set_options(options);
    clock.advance_ms(kSecondMs);
    work();
  }
  [[nodiscard]] bool is_there(std::uint64_t n) const { return disk.content(segment(n)) || disk.content(compressed(n)); }
  void expect_only_the_newest() const {
    for (std::uint64_t n = 0; n < 4; ++n) {
      EXPECT_FALSE(is_there(n)) << n << " was removed and is still there";
      EXPECT_FALSE(disk.content(index_file_name(at(n)))) << n;
    }
  }
  void expect_no_hole() const {
    std::uint64_t first = 0;
    while (first < 5 && !is_there(first)) ++first;
    for (std::uint64_t n = first; n < 5; ++n) EXPECT_TRUE(is_there(n)) << "a hole at " << n << " behind " << first;
  }
};

TEST_F(MaintenanceOrphans, BothGoWhereThePlainFileCouldNotBeRemoved) {
  disk.fail({Call::kRemove, EIO, segment(0)});
  leave_twice();
  retain_one();
  expect_only_the_newest();
}

TEST_F(MaintenanceOrphans, BothGoWhereTheDirectoryCouldNotBeSynced) {
  disk.fail({Call::kSyncDirectory, EIO, "", 2});
  leave_twice();
  retain_one();
  expect_only_the_newest();
}

TEST_F(MaintenanceOrphans, NothingFollowsUntilBothAreGone) {
  disk.fail({Call::kRemove, EIO, segment(0)});
  leave_twice();
  for (const std::string& stays : {compressed(0), segment(0)}) {
    disk.fail({Call::kRemove, EIO, stays, 1, 1});
    retain_one();
    expect_no_hole();
    EXPECT_TRUE(is_there(0));
    EXPECT_EQ(maintenance->stats().removed, 0U);
  }
  retain_one();
  expect_only_the_newest();
}

// Whoever removes the plain file then leaves the compressed one as the segment.
TEST_F(MaintenanceOrphans, ASegmentWhosePlainFileIsGoneIsItsCompressedCopy) {
  disk.fail({Call::kRemove, EIO, segment(0)});
  leave_twice();
  ASSERT_TRUE(disk.open()->remove(segment(0)));
  clock.advance_ms(60 * kSecondMs);
  work();  // up to the compressor that does not find it
  work();
  EXPECT_EQ(maintenance->stats().segments, 5U);
  EXPECT_EQ(maintenance->stats().uncompressed, 0U);
  EXPECT_TRUE(disk.content(compressed(0)));
  retain_one();
  expect_only_the_newest();
}

TEST_F(MaintenanceOrphans, TheCompressedCopyIsFoundWhereTheFactsAreReadLater) {
  disk.fail({Call::kRemove, EIO, segment(0)});
  leave_twice();
  std::vector<SegmentName> plain;
  for (std::uint64_t n = 0; n < 5; ++n) plain.push_back({at(n), SegmentKind::kSealed});
  maintenance = std::make_unique<Maintenance>(
      *directory, options, clock,
      Maintenance::Start{kId, plain, find_snapshot(*directory, kId).places, at(5), clock.wall_us()});
  ASSERT_TRUE(disk.open()->remove(segment(0)));
  work();
  EXPECT_EQ(maintenance->stats().segments, 5U);
  retain_one();
  expect_only_the_newest();
}

}  // namespace
}  // namespace crawlspool::spool
