// SegmentReader over compressed segments, and while segments are compressed and removed.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "daemon/spool/read/segment_reader.h"
#include "tests/support/compressed_segment.h"
#include "tests/support/directory_hooks.h"
#include "tests/support/read_spool.h"

namespace crawlspool::spool {
namespace {

using test::file_of;
using Strings = std::vector<std::string>;

class CompressedReadingTest : public ::testing::Test {
 protected:
  // Three segments, of which the last is open.
  CompressedReadingTest() {
    for (int i = 0; i < 3; ++i) {
      const SegmentKind kind = i < 2 ? SegmentKind::kSealed : SegmentKind::kOpen;
      begins.push_back(all.size());
      contents.push_back(test::some_lines(10));
      disk.put(file_of(begins.back(), kind), contents.back());
      all += contents.back();
    }
    everything = read_from(0);
    EXPECT_EQ(everything.size(), 30U);
  }

  void compress(std::size_t segment) {
    static_cast<void>(compress_segment(*directory, begins[segment], test::small_blocks(300)));
  }
  Strings read_from(Position from) {
    SegmentReader reader(*directory, losses, from);
    return test::read_lines(reader);
  }
  [[nodiscard]] Strings lines(std::size_t from, std::size_t to) const {
    return {everything.begin() + static_cast<std::ptrdiff_t>(from),
            everything.begin() + static_cast<std::ptrdiff_t>(to)};
  }

  test::ForgetfulDisk disk;
  std::unique_ptr<Directory> directory = disk.open();
  test::Losses losses;
  std::vector<Position> begins;
  std::vector<std::string> contents;
  std::string all;
  Strings everything;
};

TEST_F(CompressedReadingTest, CompressedSegmentsReadAsPlainOnesFromAnyPosition) {
  compress(0);
  compress(1);
  std::size_t skipped = 0;
  for (Position from = 0; from <= all.size(); ++from) {
    if (from > 0 && all[from - 1] != '\n' && (from < 2 || all[from - 2] == '\n')) ++skipped;
    if (from % 7 != 0 && from % 100 != 1) continue;
    EXPECT_EQ(read_from(from), lines(skipped, 30)) << from;
  }
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(CompressedReadingTest, OfASegmentThatIsThereTwiceThePlainOneIsRead) {
  compress(0);
  disk.put(file_of(0, SegmentKind::kCompressed), "torn");
  disk.put(file_of(0, SegmentKind::kSealed), contents[0]);
  EXPECT_EQ(read_from(0), everything);
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(CompressedReadingTest, ALinkInThePlaceOfThePlainOneDoesNotHideTheCompressedOne) {
  compress(0);
  ASSERT_TRUE(directory->link_to("elsewhere", file_of(0, SegmentKind::kSealed)).has_value());
  EXPECT_EQ(read_from(0), everything);
}

TEST_F(CompressedReadingTest, ACompressedSegmentThatIsALinkIsSkipped) {
  ASSERT_TRUE(directory->remove(file_of(0, SegmentKind::kSealed)).has_value());
  ASSERT_TRUE(directory->link_to("elsewhere", file_of(0, SegmentKind::kCompressed)).has_value());
  EXPECT_EQ(read_from(0), lines(10, 30));
  EXPECT_EQ(losses.all, Strings{"skipped " + file_of(0, SegmentKind::kCompressed)});
}

TEST_F(CompressedReadingTest, ASegmentMayBeCompressedWhileItIsRead) {
  for (std::size_t after = 0; after < 25; ++after) {
    SegmentReader reader(*directory, losses);
    Strings seen;
    while (const auto line = reader.next().value()) {
      seen.push_back(std::to_string(line->position) + test::describe(*line));
      if (seen.size() == after) {
        compress(0);
        compress(1);
      }
    }
    EXPECT_EQ(seen, everything) << after;
    for (const std::size_t i : {0, 1}) disk.put(file_of(begins[i], SegmentKind::kSealed), contents[i]);
  }
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(CompressedReadingTest, ASegmentMayBeCompressedBetweenListingAndOpening) {
  test::HookedDirectory hooked(*directory);
  hooked.before_open = [this](const std::string& name) {
    if (name == file_of(begins[1], SegmentKind::kSealed)) compress(1);
  };
  SegmentReader reader(hooked, losses);
  EXPECT_EQ(test::read_lines(reader), everything);
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(CompressedReadingTest, AListingThatLacksASegmentInTheMiddleOfItsRenamingIsMadeAgain) {
  for (const std::size_t lacking : {0, 1})
    for (const int listing : {0, 1, 2, 3}) {
      int listings = 0;
      test::HookedDirectory hooked(*directory);
      hooked.after_list = [&](std::vector<DirectoryEntry>& entries) {
        if (listings++ == listing)
          std::erase_if(entries, [&](const DirectoryEntry& entry) {
            return entry.name == file_of(begins[lacking], SegmentKind::kSealed);
          });
      };
      SegmentReader reader(hooked, losses);
      EXPECT_EQ(test::read_lines(reader), everything) << lacking << ", " << listing;
    }
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(CompressedReadingTest, ASegmentRemovedWhileItIsReadIsReadToItsEnd) {
  compress(0);
  compress(1);
  SegmentReader reader(*directory, losses);
  ASSERT_TRUE(reader.next()->has_value());
  for (const std::string& name : {file_of(0, SegmentKind::kCompressed), index_file_name(0)})
    ASSERT_TRUE(directory->remove(name).has_value());
  EXPECT_EQ(test::read_lines(reader), lines(1, 30));
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(CompressedReadingTest, ASegmentRemovedBeforeItsTurnIsMissingWithItsRange) {
  compress(0);
  compress(1);
  SegmentReader reader(*directory, losses);
  ASSERT_TRUE(reader.next()->has_value());
  ASSERT_TRUE(directory->remove(file_of(begins[1], SegmentKind::kCompressed)).has_value());
  Strings expected = lines(1, 10);
  for (const std::string& line : lines(20, 30)) expected.push_back(line);
  EXPECT_EQ(test::read_lines(reader), expected);
  EXPECT_EQ(losses.all, Strings{"missing " + std::to_string(begins[1]) + "+" + std::to_string(contents[1].size())});
}

TEST_F(CompressedReadingTest, ACompressedSegmentThatEndsEarlyIsMissingTheRest) {
  compress(0);
  const auto index = read_index(*directory, 0);
  const Block& last = index->back();
  disk.put(file_of(0, SegmentKind::kCompressed),
           disk.content(file_of(0, SegmentKind::kCompressed))->substr(0, last.offset));
  const Strings seen = read_from(0);
  EXPECT_LT(seen.size(), 30U);
  EXPECT_EQ(losses.all, Strings{"missing " + std::to_string(last.position) + "+" + std::to_string(last.bytes)});
}

TEST_F(CompressedReadingTest, ACompressedSegmentThatGoesOnTooLongIsToldAndEachPositionReadOnce) {
  const std::string more = test::some_lines(1);
  disk.put(file_of(0, SegmentKind::kSealed), contents[0] + more);
  compress(0);
  disk.put(file_of(begins[1], SegmentKind::kSealed), more + contents[1].substr(more.size()));
  EXPECT_EQ(read_from(0).size(), 30U);
  EXPECT_EQ(losses.all, Strings{"doubled " + std::to_string(begins[1]) + "+" + std::to_string(more.size())});
}

TEST_F(CompressedReadingTest, ADamagedBlockIsOneDamagedLineAtItsPosition) {
  compress(0);
  const auto blocks = read_index(*directory, 0);
  const Block hurt = (*blocks)[1];
  std::string compressed = *disk.content(file_of(0, SegmentKind::kCompressed));
  compressed.replace(hurt.offset, hurt.file_bytes, hurt.file_bytes, 'x');
  disk.put(file_of(0, SegmentKind::kCompressed), compressed);
  for (const bool has_index : {true, false}) {
    if (!has_index) static_cast<void>(directory->remove(index_file_name(0)));
    const Strings seen = read_from(0);
    const std::string damaged = std::to_string(hurt.position) + " damaged +" + std::to_string(hurt.bytes);
    EXPECT_EQ(std::count(seen.begin(), seen.end(), damaged), 1);
    std::size_t sound = 0;
    for (const std::string& line : everything) sound += std::count(seen.begin(), seen.end(), line);
    EXPECT_EQ(sound + 1, seen.size());
    EXPECT_GT(sound, 25U);
  }
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(CompressedReadingTest, AFailedReadLeavesOutTheRestOfTheSegmentOnly) {
  compress(0);
  disk.fail({test::Call::kRead, EIO, ".zst", 6});
  const Strings seen = read_from(0);
  EXPECT_EQ(losses.all, Strings{"skipped " + file_of(0, SegmentKind::kCompressed)});
  EXPECT_EQ(Strings(seen.end() - 20, seen.end()), lines(10, 30));
}

}  // namespace
}  // namespace crawlspool::spool
