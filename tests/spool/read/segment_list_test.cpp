#include "daemon/spool/read/segment_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/directory_hooks.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::spool {
namespace {

using Names = std::vector<std::string>;

std::string file_of(Position position, SegmentKind kind) { return segment_file_name({position, kind}); }

Names files(Directory& directory) {
  Names names;
  const auto segments = list_segments(directory);
  for (const Segment& segment : *segments) names.push_back(segment.file);
  return names;
}

class SegmentListTest : public ::testing::Test {
 protected:
  test::ForgetfulDisk disk;
  std::unique_ptr<Directory> directory = disk.open();
  const std::string plain = file_of(5, SegmentKind::kSealed);
  const std::string compressed = file_of(5, SegmentKind::kCompressed);
  const std::string open = file_of(5, SegmentKind::kOpen);
};

TEST_F(SegmentListTest, IsInOrderOfPositionAndHoldsSegmentsOnly) {
  const Names expected{file_of(0, SegmentKind::kCompressed), plain, file_of(1000, SegmentKind::kOpen)};
  for (const std::string& name : {expected[2], expected[1], expected[0], index_file_name(0), plain + ".tmp"})
    disk.put(name, "");
  EXPECT_EQ(files(*directory), expected);
}

TEST_F(SegmentListTest, HoldsOneFileForEachPosition) {
  disk.put(compressed, "");
  EXPECT_EQ(files(*directory), Names{compressed});
  disk.put(open, "");
  EXPECT_EQ(files(*directory), Names{open});
  disk.put(plain, "");
  EXPECT_EQ(files(*directory), Names{plain});
}

TEST_F(SegmentListTest, ARegularFileGoesBeforeAnythingElse) {
  ASSERT_TRUE(directory->link_to("x", plain).has_value());
  EXPECT_EQ(files(*directory), Names{plain});  // for the reader to report
  disk.put(compressed, "");
  EXPECT_EQ(files(*directory), Names{compressed});
}

TEST_F(SegmentListTest, KnowsHowLongEachSegmentShouldBe) {
  for (const Position position : {5, 100, 101}) disk.put(file_of(position, SegmentKind::kSealed), "");
  const auto segments = list_segments(*directory);
  EXPECT_EQ(expected_bytes(*segments, 0), 95U);
  EXPECT_EQ(expected_bytes(*segments, 1), 1U);
  EXPECT_EQ(expected_bytes(*segments, 2), std::nullopt);
}

TEST_F(SegmentListTest, WhatComesAtTheEndMeanwhileIsNoReasonToListOnceMore) {
  disk.put(plain, "");
  test::HookedDirectory hooked(*directory);
  Position listings = 0;
  hooked.after_list = [&](auto& entries) {
    ++listings;
    for (Position i = 1; i <= listings; ++i)
      entries.push_back({file_of(1000 * i, SegmentKind::kOpen), EntryKind::kFile});
  };
  EXPECT_EQ(files(hooked).size(), 3U);
  EXPECT_EQ(listings, 2U);
}

TEST_F(SegmentListTest, ADirectoryThatNeverRestsIsListedAllTheSame) {
  disk.put(plain, "");
  test::HookedDirectory hooked(*directory);
  Position next = 1000;
  hooked.after_list = [&](auto& entries) {
    entries.push_back({file_of(next++, SegmentKind::kSealed), EntryKind::kFile});
  };
  EXPECT_EQ(files(hooked).size(), 2U);
}

}  // namespace
}  // namespace crawlspool::spool
