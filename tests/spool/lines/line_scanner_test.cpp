#include "daemon/spool/lines/line_scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

namespace crawlspool::spool {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

// Only what a reader needs; the content may grow between two calls.
class TextFile final : public ByteSource {
 public:
  explicit TextFile(std::string text = {}) : content(std::move(text)) {}

  base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    if (fails) return base::fail_errno("read", EIO);
    asked_max = std::max(asked_max, into.size());
    if (offset >= content.size()) return 0;
    return content.copy(into.data(), into.size(), offset);
  }
  base::Result<std::uint64_t> size() override { return content.size(); }

  std::string content;
  bool fails = false;
  std::size_t asked_max = 0;  // of one read
};

struct Seen {
  std::uint64_t offset;
  std::string bytes;
  bool is_whole;
  bool is_piece = false;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> scan(LineScanner& scanner) {
  std::vector<Seen> seen;
  while (true) {
    const auto line = scanner.next();
    EXPECT_TRUE(line.has_value());
    if (!line || !*line) return seen;
    seen.push_back({(*line)->offset, std::string((*line)->bytes), (*line)->is_whole, (*line)->is_piece});
    if (!(*line)->is_whole) return seen;
  }
}

TEST(LineScanner, SplitsAtLineFeedsOnly) {
  TextFile file(std::string("a\r\n\n b\0c\xe2\x80\xa8 d\nrest", 18));
  LineScanner scanner(file);
  EXPECT_EQ(scan(scanner), (std::vector<Seen>{{0, "a\r\n", true},
                                              {3, "\n", true},
                                              {4, std::string(" b\0c\xe2\x80\xa8 d\n", 10), true},
                                              {14, "rest", false}}));
}

TEST(LineScanner, AnEmptyFileHasNoLine) {
  TextFile file;
  LineScanner scanner(file);
  EXPECT_TRUE(scan(scanner).empty());
}

TEST(LineScanner, BeginsWhereItIsTold) {
  TextFile file("one\ntwo\nthree\n");
  LineScanner scanner(file, 4);
  EXPECT_EQ(scan(scanner), (std::vector<Seen>{{4, "two\n", true}, {8, "three\n", true}}));
}

TEST(LineScanner, GrowthMayStopAtAnyByte) {
  const std::string all = "one\n\ntwo and more\nx\n";
  for (std::size_t first = 0; first <= all.size(); ++first)
    for (std::size_t second = first; second <= all.size(); ++second) {
      TextFile file(all.substr(0, first));
      LineScanner scanner(file);
      std::vector<Seen> whole;
      for (const std::size_t size : {first, second, all.size()}) {
        file.content = all.substr(0, size);
        for (const Seen& line : scan(scanner)) {
          if (line.is_whole)
            whole.push_back(line);
          else
            EXPECT_EQ(line.bytes, all.substr(line.offset, size - line.offset));
        }
      }
      EXPECT_EQ(whole, (std::vector<Seen>{
                           {0, "one\n", true}, {4, "\n", true}, {5, "two and more\n", true}, {18, "x\n", true}}))
          << first << ", " << second;
    }
}

TEST(LineScanner, LineEndsMayLieAnywhereAroundABuffersEnd) {
  for (std::size_t before = kMiB - 3; before <= kMiB + 3; ++before) {
    const std::string first = std::string(before - 1, 'a') + "\n";
    const std::string second = std::string(before, 'b') + "\n";
    TextFile file(first + second + "c\n");
    LineScanner scanner(file);
    EXPECT_EQ(scan(scanner),
              (std::vector<Seen>{{0, first, true}, {before, second, true}, {before + second.size(), "c\n", true}}))
        << before;
  }
}

TEST(LineScanner, ALineMayBeLongerThanAnyBuffer) {
  const std::string line = std::string(5 * kMiB + 7, 'x') + "\n";
  TextFile file("1\n" + line + "2\n");
  LineScanner scanner(file);
  EXPECT_EQ(scan(scanner), (std::vector<Seen>{{0, "1\n", true}, {2, line, true}, {2 + line.size(), "2\n", true}}));
}

TEST(LineScanner, ManyLinesKeepTheirOffsets) {
  std::string all;
  for (int i = 0; all.size() < 3 * kMiB; ++i) all += std::string(static_cast<std::size_t>(i % 97), 'x') + "\n";
  TextFile file(all);
  LineScanner scanner(file);
  std::uint64_t offset = 0;
  for (const Seen& line : scan(scanner)) {
    ASSERT_EQ(line.offset, offset);
    ASSERT_EQ(line.bytes, all.substr(offset, line.bytes.size()));
    offset += line.bytes.size();
  }
  EXPECT_EQ(offset, all.size());
}

TEST(LineScanner, AFailedReadIsTold) {
  TextFile file("a\n");
  file.fails = true;
  LineScanner scanner(file);
  ASSERT_FALSE(scanner.next().has_value());
  EXPECT_EQ(scanner.next().error().errno_value, EIO);
}

TEST(LineScanner, GoesOnAfterAFailedRead) {
  TextFile file("a\nb");
  LineScanner scanner(file);
  EXPECT_EQ(scan(scanner).size(), 2U);
  file.fails = true;
  EXPECT_FALSE(scanner.next().has_value());
  file.fails = false;
  file.content += "c\n";
  EXPECT_EQ(scan(scanner), (std::vector<Seen>{{2, "bc\n", true}}));
}

// Neighbouring pieces joined.
std::vector<Seen> joined(const std::vector<Seen>& all) {
  std::vector<Seen> result;
  for (const Seen& seen : all) {
    EXPECT_TRUE(result.empty() || result.back().offset + result.back().bytes.size() == seen.offset);
    if (seen.is_piece && !result.empty() && result.back().is_piece && !result.back().bytes.ends_with('\n'))
      result.back().bytes += seen.bytes;
    else
      result.push_back(seen);
  }
  return result;
}

std::size_t longest(const std::vector<Seen>& all) {
  std::size_t bytes = 0;
  for (const Seen& seen : all) bytes = std::max(bytes, seen.bytes.size());
  return bytes;
}

TEST(LineScanner, WhatIsTooLongForALineComesInPieces) {
  const std::string long_line = std::string(20 * kMiB + 5, 'x') + "\n";
  TextFile file("1\n" + long_line + "2\n");
  LineScanner scanner(file, 0, 3 * kMiB);
  const auto seen = scan(scanner);
  EXPECT_TRUE(joined(seen) ==
              (std::vector<Seen>{{0, "1\n", true}, {2, long_line, true, true}, {2 + long_line.size(), "2\n", true}}));
  EXPECT_LE(longest(seen), 4 * kMiB);
  EXPECT_LE(file.asked_max, 4 * kMiB);
}

TEST(LineScanner, ALineOfTheGreatestLengthIsWhole) {
  const std::string line = std::string(3 * kMiB - 1, 'x') + "\n";
  for (const std::size_t before : {std::size_t{0}, kMiB - 2, kMiB, 2 * kMiB + 1}) {
    const std::string first = std::string(before, 'a') + "\n";
    TextFile file(first + line + line + "2\n");
    LineScanner scanner(file, 0, line.size());
    EXPECT_TRUE(scan(scanner) == (std::vector<Seen>{{0, first, true},
                                                    {first.size(), line, true},
                                                    {first.size() + line.size(), line, true},
                                                    {first.size() + 2 * line.size(), "2\n", true}}))
        << before;
  }
}

TEST(LineScanner, AHoleOfNulBytesIsNeverHeldInFull) {
  for (const std::size_t hole : {4 * kMiB - 1, 5 * kMiB, 64 * kMiB + 7}) {
    const std::string damaged = "{\"ts\":" + std::string(hole, '\0') + "\n";
    TextFile file("1\n" + damaged + "2\n");
    LineScanner scanner(file);
    const auto seen = scan(scanner);
    EXPECT_LE(longest(seen), 9 * kMiB);
    EXPECT_LE(file.asked_max, 8 * kMiB);
    const auto lines = joined(seen);
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_TRUE(lines[1].offset == 2 && lines[1].bytes == damaged);
    EXPECT_TRUE(lines[2] == (Seen{2 + damaged.size(), "2\n", true}));
  }
}

TEST(LineScanner, ALongLineWithoutNulBytesIsHeldForAsLongAsItMayBeOne) {
  const std::string line = std::string(40 * kMiB, 'x') + "\n";
  TextFile file(line);
  LineScanner scanner(file);
  EXPECT_TRUE(scan(scanner) == (std::vector<Seen>{{0, line, true}}));
}

TEST(LineScanner, PiecesAtTheEndAreReadOnFrom) {
  TextFile file("1\n" + std::string(6 * kMiB, '\0'));
  LineScanner scanner(file);
  std::vector<Seen> seen = scan(scanner);
  EXPECT_TRUE(scan(scanner).empty());
  file.content += "xy";
  for (const Seen& more : scan(scanner)) seen.push_back(more);
  file.content += "z\n2\n";
  for (const Seen& more : scan(scanner)) seen.push_back(more);
  const auto lines = joined(seen);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_TRUE(lines[1].is_piece && lines[1].bytes == std::string(6 * kMiB, '\0') + "xyz\n");
  EXPECT_TRUE(lines[2] == (Seen{2 + lines[1].bytes.size(), "2\n", true}));
}

}  // namespace
}  // namespace crawlspool::spool
