#include "daemon/spool/segment_reader.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "daemon/spool/line.h"
#include "daemon/spool/posix_file_system.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

namespace fs = std::filesystem;

std::string sound_line(std::uint64_t seq, std::string_view record) {
  const Origin origin = make_origin("tcp", "127.0.0.1:1");
  char timestamp[base::kTimestampBytes];
  std::memcpy(timestamp, "2026-11-20T04:05:06.123456Z", base::kTimestampBytes);
  std::string line(envelope_bytes_max(origin) + record.size(), '?');
  line.resize(static_cast<std::size_t>(write_line(line.data(), timestamp, origin, seq, record) - line.data()));
  return line;
}

std::string damaged_line() {
  std::string line = sound_line(9, "\"damaged\"");
  line[line.find("damaged")] = 'D';
  return line;
}

class Losses final : public LossReporter {
 public:
  void missing(Position position, std::uint64_t bytes) override { note("missing", position, bytes); }
  void doubled(Position position, std::uint64_t bytes) override { note("doubled", position, bytes); }
  void taken_back(Position position, std::uint64_t bytes) override { note("taken back", position, bytes); }
  void left_out(const std::string& file, const base::Error&) override { all.push_back("left out " + file); }

  std::vector<std::string> all;

 private:
  void note(const char* what, Position position, std::uint64_t bytes) {
    all.push_back(std::string(what) + " " + std::to_string(position) + "+" + std::to_string(bytes));
  }
};

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

  // "sound RECORD", "blank", "damaged +BYTES" or "unfinished +BYTES", each behind its position; up to the end for now.
  Strings read(SegmentReader& reader) {
    Strings seen;
    while (true) {
      const auto line = reader.next();
      EXPECT_TRUE(line.has_value());
      if (!line || !*line) return seen;
      seen.push_back(std::to_string((*line)->position) + describe(**line));
      if ((*line)->kind == LineKind::kUnfinished) return seen;
    }
  }
  Strings read_from(Position from) {
    SegmentReader reader(*directory, losses, from);
    return read(reader);
  }

  static std::string describe(const ReadLine& line) {
    switch (line.kind) {
      case LineKind::kSound:
        return " sound " + std::string(line.record);
      case LineKind::kBlank:
        return " blank";
      case LineKind::kDamaged:
        return " damaged +" + std::to_string(line.bytes.size());
      case LineKind::kUnfinished:
        return " unfinished +" + std::to_string(line.bytes.size());
    }
    return "?";
  }

  test::TempDir temp;
  std::unique_ptr<Directory> directory = std::move(*open_posix_directory(temp.path().string(), IfMissing::kFail));
  Losses losses;
  const std::string one = sound_line(1, "1");
  const std::string two = sound_line(2, "2");
  const std::string three = sound_line(3, "3");
  const std::size_t line_bytes = one.size();  // each of them
};

TEST_F(SegmentReaderTest, AnEmptySpoolHasNoLines) {
  EXPECT_EQ(read_from(0), Strings{});
  const auto extent = spool_extent(*directory);
  EXPECT_EQ(extent->end, 0U);
  EXPECT_EQ(extent->segments, 0U);
}

TEST_F(SegmentReaderTest, SegmentsComeInOrderOfPosition) {
  write(line_bytes, SegmentKind::kSealed, two);
  write(2 * line_bytes, SegmentKind::kOpen, three);
  write(0, SegmentKind::kSealed, one);
  EXPECT_EQ(read_from(0), (Strings{"0 sound 1", std::to_string(line_bytes) + " sound 2",
                                   std::to_string(2 * line_bytes) + " sound 3"}));
  EXPECT_EQ(losses.all, Strings{});
  const auto extent = spool_extent(*directory);
  EXPECT_EQ(extent->begin, 0U);
  EXPECT_EQ(extent->end, 3 * line_bytes);
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

TEST_F(SegmentReaderTest, LinksAndDirectoriesAreLeftOutAndTheRestIsServed) {
  write(0, SegmentKind::kSealed, one);
  fs::create_symlink(path(0, SegmentKind::kSealed), path(line_bytes, SegmentKind::kSealed));
  fs::create_directory(path(2 * line_bytes, SegmentKind::kSealed));
  write(3 * line_bytes, SegmentKind::kOpen, two);
  EXPECT_EQ(read_from(0), (Strings{"0 sound 1", std::to_string(3 * line_bytes) + " sound 2"}));
  EXPECT_EQ(losses.all, (Strings{"left out " + segment_file_name({line_bytes, SegmentKind::kSealed}),
                                 "left out " + segment_file_name({2 * line_bytes, SegmentKind::kSealed})}));
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

TEST_F(SegmentReaderTest, TheLastLinesAreFoundAcrossSegments) {
  write(100, SegmentKind::kSealed, one + two);
  write(100 + 2 * line_bytes, SegmentKind::kOpen, three + "{\"ts");
  const std::vector<Position> expected{100 + 3 * line_bytes, 100 + 2 * line_bytes, 100 + line_bytes, 100, 100};
  for (std::size_t lines = 0; lines < expected.size(); ++lines)
    EXPECT_EQ(position_of_last_lines(*directory, lines), expected[lines]) << lines;
}

TEST_F(SegmentReaderTest, TheLastLinesAreFoundFarFromTheEnd) {
  const std::string big = sound_line(4, "\"" + std::string(1'000'000, 'x') + "\"");
  write(0, SegmentKind::kOpen, one + big + big + two);
  EXPECT_EQ(position_of_last_lines(*directory, 1), line_bytes + 2 * big.size());
  EXPECT_EQ(position_of_last_lines(*directory, 2), line_bytes + big.size());
  EXPECT_EQ(position_of_last_lines(*directory, 3), line_bytes);
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
