#include "daemon/spool/read/segment_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/storage/posix_file_system.h"
#include "tests/support/directory_hooks.h"
#include "tests/support/read_spool.h"
#include "tests/support/spool_lines.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

namespace fs = std::filesystem;

std::string sound_line(std::uint64_t seq, std::string_view record) { return test::spool_line(seq, record); }

std::string damaged_line() {
  std::string line = sound_line(9, "\"damaged\"");
  line[line.find("damaged")] = 'D';
  return line;
}

using Strings = std::vector<std::string>;

class SegmentReaderTest : public ::testing::Test {
 protected:
  void write(Position position, SegmentKind kind, const std::string& content) {
    static_cast<void>(temp.write(segment_file_name({position, kind}), content));
  }
  void append(Position position, const std::string& content) {
    std::ofstream(path(position, SegmentKind::kOpen), std::ios::binary | std::ios::app) << content;
  }
  void seal(Position position) { fs::rename(path(position, SegmentKind::kOpen), path(position, SegmentKind::kSealed)); }
  [[nodiscard]] fs::path path(Position position, SegmentKind kind) const {
    return temp.path() / segment_file_name({position, kind});
  }

  Strings read(SegmentReader& reader) { return test::read_lines(reader); }
  Strings read_from(Position from) {
    SegmentReader reader(*directory, losses, from);
    return read(reader);
  }

  test::TempDir temp;
  std::unique_ptr<Directory> directory = std::move(*open_posix_directory(temp.path().string(), IfMissing::kFail));
  test::Losses losses;
  const std::string one = sound_line(1, "1");
  const std::string two = sound_line(2, "2");
  const std::string three = sound_line(3, "3");
  const std::size_t line_bytes = one.size();  // each of them
};

TEST_F(SegmentReaderTest, AnEmptySpoolHasNoLines) { EXPECT_EQ(read_from(0), Strings{}); }

TEST_F(SegmentReaderTest, SegmentsComeInOrderOfPosition) {
  write(line_bytes, SegmentKind::kSealed, two);
  write(2 * line_bytes, SegmentKind::kOpen, three);
  write(0, SegmentKind::kSealed, one);
  EXPECT_EQ(read_from(0), (Strings{"0 sound 1", std::to_string(line_bytes) + " sound 2",
                                   std::to_string(2 * line_bytes) + " sound 3"}));
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(SegmentReaderTest, ARowOfSegmentsIsNotListedForEachOfThem) {
  Strings expected;
  for (Position i = 0; i < 50; ++i) {
    write(i * line_bytes, i < 49 ? SegmentKind::kSealed : SegmentKind::kOpen, two);
    expected.push_back(std::to_string(i * line_bytes) + " sound 2");
  }
  test::HookedDirectory hooked(*directory);
  int listings = 0;
  hooked.after_list = [&listings](auto&) { ++listings; };
  SegmentReader reader(hooked, losses);
  EXPECT_EQ(read(reader), expected);
  EXPECT_LT(listings, 10) << "for the first, the last and what may come behind";
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(SegmentReaderTest, ASpoolMayBeginAnywhere) {
  write(1000, SegmentKind::kOpen, one);
  EXPECT_EQ(read_from(0), Strings{"1000 sound 1"});
  EXPECT_EQ(losses.all, Strings{});
  EXPECT_EQ(read_from(400), Strings{"1000 sound 1"});
  EXPECT_EQ(losses.all, Strings{"missing 400+600"});
}

TEST_F(SegmentReaderTest, EveryKindOfLineIsToldApart) {
  const std::string bad = damaged_line();
  write(0, SegmentKind::kOpen, bad + "   \n" + "\n" + one + "{\"ts");
  const std::size_t n = bad.size();
  EXPECT_EQ(read_from(0),
            (Strings{"0 damaged +" + std::to_string(n), std::to_string(n) + " blank", std::to_string(n + 4) + " blank",
                     std::to_string(n + 5) + " sound 1", std::to_string(n + 5 + line_bytes) + " unfinished +4"}));
}

TEST_F(SegmentReaderTest, ASyncedMarkBeyondItsOwnLineIsDamage) {
  const SyncedMark mark = mark_synced(two, line_bytes + 1);
  const std::string marked = mark.head + two.substr(1, line_bytes - 1 - kTrailerBytes - kLineEndBytes) + mark.trailer;
  ASSERT_TRUE(check_line(marked));
  write(0, SegmentKind::kOpen, one + marked);
  EXPECT_EQ(read_from(line_bytes), Strings{std::to_string(line_bytes) + " damaged +" + std::to_string(marked.size())});
}

TEST_F(SegmentReaderTest, ReadingBeginsAtTheFirstLineAtOrAfterAnyPosition) {
  write(0, SegmentKind::kSealed, one + two);
  write(2 * line_bytes, SegmentKind::kOpen, three);
  const Strings all{"0 sound 1", std::to_string(line_bytes) + " sound 2", std::to_string(2 * line_bytes) + " sound 3"};
  for (Position from = 0; from <= 3 * line_bytes; ++from) {
    const auto skipped = static_cast<std::ptrdiff_t>((from + line_bytes - 1) / line_bytes);
    EXPECT_EQ(read_from(from), Strings(all.begin() + skipped, all.end())) << from;
  }
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(SegmentReaderTest, AHoleBetweenSegmentsIsReported) {
  write(0, SegmentKind::kSealed, one);
  write(line_bytes + 50, SegmentKind::kOpen, two);
  EXPECT_EQ(read_from(0), (Strings{"0 sound 1", std::to_string(line_bytes + 50) + " sound 2"}));
  EXPECT_EQ(losses.all, Strings{"missing " + std::to_string(line_bytes) + "+50"});
}

TEST_F(SegmentReaderTest, EachPositionIsHandedOutOnce) {
  write(0, SegmentKind::kSealed, one + two);
  write(line_bytes, SegmentKind::kOpen, two + three);
  EXPECT_EQ(read_from(0), (Strings{"0 sound 1", std::to_string(line_bytes) + " sound 2",
                                   std::to_string(2 * line_bytes) + " sound 3"}));
  EXPECT_EQ(losses.all, Strings{"doubled " + std::to_string(line_bytes) + "+" + std::to_string(line_bytes)});
}

TEST_F(SegmentReaderTest, LinksAndDirectoriesAreSkippedAndTheRestIsServed) {
  write(0, SegmentKind::kSealed, one);
  fs::create_symlink(path(0, SegmentKind::kSealed), path(line_bytes, SegmentKind::kSealed));
  fs::create_directory(path(2 * line_bytes, SegmentKind::kSealed));
  write(3 * line_bytes, SegmentKind::kOpen, two);
  EXPECT_EQ(read_from(0), (Strings{"0 sound 1", std::to_string(3 * line_bytes) + " sound 2"}));
  EXPECT_EQ(losses.all, (Strings{"skipped " + segment_file_name({line_bytes, SegmentKind::kSealed}),
                                 "skipped " + segment_file_name({2 * line_bytes, SegmentKind::kSealed})}));
}

TEST_F(SegmentReaderTest, OtherFilesAreNoSegments) {
  write(0, SegmentKind::kOpen, one);
  for (const char* name :
       {"LOCK", "durable", "00000000000000000000.ndjson.open.tmp", "1.ndjson", "00000000000000000000.idx.json"})
    static_cast<void>(temp.write(name, two));
  EXPECT_EQ(read_from(0), Strings{"0 sound 1"});
}

TEST_F(SegmentReaderTest, AnUnfinishedTailOfASealedSegmentIsDamage) {
  write(0, SegmentKind::kSealed, one + "{\"ts");
  write(line_bytes + 4, SegmentKind::kOpen, two);
  EXPECT_EQ(read_from(0), (Strings{"0 sound 1", std::to_string(line_bytes) + " damaged +4",
                                   std::to_string(line_bytes + 4) + " sound 2"}));
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(SegmentReaderTest, GrowthIsFollowedFromAnyByte) {
  for (std::size_t cut = 0; cut <= line_bytes; ++cut) {
    write(0, SegmentKind::kOpen, one + two.substr(0, cut));
    SegmentReader reader(*directory, losses);
    const Strings before = read(reader);
    ASSERT_EQ(before.front(), "0 sound 1");
    append(0, two.substr(cut) + three);
    Strings expected{std::to_string(line_bytes) + " sound 2", std::to_string(2 * line_bytes) + " sound 3"};
    if (cut == line_bytes) expected.erase(expected.begin());
    EXPECT_EQ(read(reader), expected) << cut;
    EXPECT_EQ(read(reader), Strings{});
    EXPECT_EQ(reader.position(), 3 * line_bytes);
  }
}

TEST_F(SegmentReaderTest, TheFirstSegmentMayComeLater) {
  SegmentReader reader(*directory, losses);
  EXPECT_EQ(read(reader), Strings{});
  write(0, SegmentKind::kOpen, one);
  EXPECT_EQ(read(reader), Strings{"0 sound 1"});
}

TEST_F(SegmentReaderTest, WhatCameBeforeTheSealIsReadBeforeTheNextSegment) {
  write(0, SegmentKind::kOpen, one);
  SegmentReader reader(*directory, losses);
  EXPECT_EQ(read(reader), Strings{"0 sound 1"});
  append(0, two);
  seal(0);
  write(2 * line_bytes, SegmentKind::kOpen, three);
  EXPECT_EQ(read(reader),
            (Strings{std::to_string(line_bytes) + " sound 2", std::to_string(2 * line_bytes) + " sound 3"}));
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(SegmentReaderTest, ASegmentMayBeRemovedWhileItIsRead) {
  write(0, SegmentKind::kOpen, one + two);
  SegmentReader reader(*directory, losses);
  ASSERT_TRUE(reader.next()->has_value());
  fs::remove(path(0, SegmentKind::kOpen));
  write(2 * line_bytes, SegmentKind::kOpen, three);
  EXPECT_EQ(read(reader),
            (Strings{std::to_string(line_bytes) + " sound 2", std::to_string(2 * line_bytes) + " sound 3"}));
}

TEST_F(SegmentReaderTest, WhatRetentionTakesInFrontOfTheReaderIsRemovedAndNotMissing) {
  write(0, SegmentKind::kSealed, one);
  write(line_bytes, SegmentKind::kSealed, two);
  write(2 * line_bytes, SegmentKind::kOpen, three);
  SegmentReader reader(*directory, losses);
  ASSERT_TRUE(reader.next()->has_value());
  fs::remove(path(0, SegmentKind::kSealed));
  fs::remove(path(line_bytes, SegmentKind::kSealed));
  EXPECT_EQ(read(reader), Strings{std::to_string(2 * line_bytes) + " sound 3"});
  EXPECT_EQ(losses.all, Strings{"removed " + std::to_string(line_bytes) + "+" + std::to_string(line_bytes)});
}

TEST_F(SegmentReaderTest, WhatIsTooLongForALineIsDamageInPiecesSideBySide) {
  std::string hole;
  hole.resize(20'000'000);
  write(0, SegmentKind::kSealed, one + hole + two + three);
  Position end = line_bytes + hole.size() + line_bytes;
  write(end + line_bytes, SegmentKind::kOpen, "");
  for (const Position from : {Position{0}, line_bytes + 1, Position{10'000'000}}) {
    SegmentReader reader(*directory, losses, from);
    Position at = from == 0 ? 0 : end;
    while (const auto line = reader.next().value()) {
      EXPECT_EQ(line->position, at);
      EXPECT_EQ(line->kind == LineKind::kSound, at == 0 || at == end) << at;
      EXPECT_LT(line->bytes.size(), 10'000'000U);
      at += line->bytes.size();
    }
    EXPECT_EQ(at, end + line_bytes) << from;
  }
}

TEST_F(SegmentReaderTest, ATailThatWasCutAndWrittenAnewIsReadAnew) {
  write(0, SegmentKind::kOpen, one + "{\"ts\":\"torn");
  SegmentReader reader(*directory, losses);
  EXPECT_EQ(read(reader).size(), 2U);
  fs::resize_file(path(0, SegmentKind::kOpen), line_bytes);
  append(0, two);  // now longer than what was seen
  EXPECT_EQ(read(reader), Strings{std::to_string(line_bytes) + " sound 2"});
  EXPECT_EQ(losses.all, Strings{});
}

TEST_F(SegmentReaderTest, LinesTakenBackAreReportedAndWhatReplacesThemIsRead) {
  write(0, SegmentKind::kOpen, one + two);
  SegmentReader reader(*directory, losses);
  EXPECT_EQ(read(reader).size(), 2U);
  fs::resize_file(path(0, SegmentKind::kOpen), line_bytes);
  EXPECT_EQ(read(reader), Strings{});
  append(0, three);
  EXPECT_EQ(read(reader), Strings{std::to_string(line_bytes) + " sound 3"});
  EXPECT_EQ(losses.all, Strings{"taken back " + std::to_string(line_bytes) + "+" + std::to_string(line_bytes)});
}

TEST_F(SegmentReaderTest, NothingInTheDirectoryIsTouched) {
  write(0, SegmentKind::kSealed, one);
  write(line_bytes, SegmentKind::kOpen, two + "{");
  static_cast<void>(read_from(0));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(temp.path())) ++files;
  EXPECT_EQ(files, 2U);
  EXPECT_EQ(test::read_all(path(line_bytes, SegmentKind::kOpen).string()), two + "{");
}

}  // namespace
}  // namespace crawlspool::spool
