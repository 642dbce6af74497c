#include "daemon/spool/line_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/text_source.h"

namespace crawlspool::spool {
namespace {

using test::TextSource;

constexpr std::size_t kMiB = 1024 * 1024;

struct Seen {
  std::uint64_t offset;
  std::string bytes;
  bool is_whole;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> scan(LineScanner& scanner) {
  std::vector<Seen> seen;
  while (true) {
    const auto line = scanner.next();
    EXPECT_TRUE(line.has_value());
    if (!line || !*line) return seen;
    seen.push_back({(*line)->offset, std::string((*line)->bytes), (*line)->is_whole});
    if (!(*line)->is_whole) return seen;
  }
}

TEST(LineScanner, SplitsAtLineFeedsOnly) {
  TextSource file(std::string("a\r\n\n b\0c\xe2\x80\xa8 d\nrest", 18));
  LineScanner scanner(file);
  EXPECT_EQ(scan(scanner), (std::vector<Seen>{{0, "a\r\n", true},
                                              {3, "\n", true},
                                              {4, std::string(" b\0c\xe2\x80\xa8 d\n", 10), true},
                                              {14, "rest", false}}));
}

TEST(LineScanner, AnEmptyFileHasNoLine) {
  TextSource file;
  LineScanner scanner(file);
  EXPECT_TRUE(scan(scanner).empty());
}

TEST(LineScanner, BeginsWhereItIsTold) {
  TextSource file("one\ntwo\nthree\n");
  LineScanner scanner(file, 4);
  EXPECT_EQ(scan(scanner), (std::vector<Seen>{{4, "two\n", true}, {8, "three\n", true}}));
}

TEST(LineScanner, GrowthMayStopAtAnyByte) {
  const std::string all = "one\n\ntwo and more\nx\n";
  for (std::size_t first = 0; first <= all.size(); ++first)
    for (std::size_t second = first; second <= all.size(); ++second) {
      TextSource file(all.substr(0, first));
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
    TextSource file(first + second + "c\n");
    LineScanner scanner(file);
    EXPECT_EQ(scan(scanner),
              (std::vector<Seen>{{0, first, true}, {before, second, true}, {before + second.size(), "c\n", true}}))
        << before;
  }
}

TEST(LineScanner, ALineMayBeLongerThanAnyBuffer) {
  const std::string line = std::string(5 * kMiB + 7, 'x') + "\n";
  TextSource file("1\n" + line + "2\n");
  LineScanner scanner(file);
  EXPECT_EQ(scan(scanner), (std::vector<Seen>{{0, "1\n", true}, {2, line, true}, {2 + line.size(), "2\n", true}}));
}

TEST(LineScanner, ManyLinesKeepTheirOffsets) {
  std::string all;
  for (int i = 0; all.size() < 3 * kMiB; ++i) all += std::string(static_cast<std::size_t>(i % 97), 'x') + "\n";
  TextSource file(all);
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
  TextSource file("a\n");
  file.fails = true;
  LineScanner scanner(file);
  ASSERT_FALSE(scanner.next().has_value());
  EXPECT_EQ(scanner.next().error().errno_value, EIO);
}

TEST(LineScanner, GoesOnAfterAFailedRead) {
  TextSource file("a\nb");
  LineScanner scanner(file);
  EXPECT_EQ(scan(scanner).size(), 2U);
  file.fails = true;
  EXPECT_FALSE(scanner.next().has_value());
  file.fails = false;
  file.content += "c\n";
  EXPECT_EQ(scan(scanner), (std::vector<Seen>{{2, "bc\n", true}}));
}

}  // namespace
}  // namespace crawlspool::spool
