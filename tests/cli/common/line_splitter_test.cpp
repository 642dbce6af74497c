#include "cli/common/line_splitter.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crawlspool::cli {
namespace {

struct Seen {
  std::uint64_t number;
  std::string bytes;
  bool is_too_long = false;
  bool operator==(const Seen&) const = default;
};

// The records of `pieces`, fed one after the other, and the end.
std::vector<Seen> split(LineSplitter& splitter, const std::vector<std::string>& pieces) {
  std::vector<Seen> seen;
  RecordLine line{};
  for (const std::string& piece : pieces) {
    std::string_view input = piece;
    while (splitter.next(input, line)) seen.push_back({line.number, std::string(line.bytes), line.is_too_long});
    EXPECT_TRUE(input.empty());
  }
  if (splitter.finish(line)) seen.push_back({line.number, std::string(line.bytes), line.is_too_long});
  return seen;
}

std::vector<Seen> split(const std::vector<std::string>& pieces, std::size_t bytes_max = 100) {
  LineSplitter splitter(bytes_max);
  return split(splitter, pieces);
}

TEST(LineSplitter, BlankLinesCountAsLinesAndAreNoRecords) {
  EXPECT_EQ(split({"1\n\n\r\n2\n"}), (std::vector<Seen>{{1, "1"}, {4, "2"}}));
}

TEST(LineSplitter, LinesOfSpacesAreRecords) {
  EXPECT_EQ(split({" \n\t\n\r\r\n"}), (std::vector<Seen>{{1, " "}, {2, "\t"}, {3, "\r\r"}}));
}

TEST(LineSplitter, OnlyLineFeedsSplit) {
  EXPECT_EQ(split({"a\rb\v\f\xe2\x80\xa8"
                   "c\n"}),
            (std::vector<Seen>{{1,
                                "a\rb\v\f\xe2\x80\xa8"
                                "c"}}));
}

TEST(LineSplitter, ACarriageReturnAtTheEndStaysInTheRecord) {
  EXPECT_EQ(split({"1\r\n2\r"}), (std::vector<Seen>{{1, "1\r"}, {2, "2\r"}}));
}

TEST(LineSplitter, TheLastLineNeedsNoLineFeed) {
  EXPECT_EQ(split({"1\n2"}), (std::vector<Seen>{{1, "1"}, {2, "2"}}));
  EXPECT_EQ(split({"1\n\r"}), (std::vector<Seen>{{1, "1"}}));
  EXPECT_EQ(split({""}), std::vector<Seen>{});
}

TEST(LineSplitter, TheInputMayComeInAnyThreePieces) {
  const std::string all = "one\n\n\r\ntwo\r\n \nthe last";
  const std::vector<Seen> expected{{1, "one"}, {4, "two\r"}, {5, " "}, {6, "the last"}};
  for (std::size_t a = 0; a <= all.size(); ++a)
    for (std::size_t b = a; b <= all.size(); ++b)
      EXPECT_EQ(split({all.substr(0, a), all.substr(a, b - a), all.substr(b)}), expected) << a << ", " << b;
}

TEST(LineSplitter, LinesOverTheLimitAreNamedAndDropped) {
  const std::string all = "12345\n123456\n123456789012345\n1\n123456";
  const std::vector<Seen> expected{{1, "12345"}, {2, "", true}, {3, "", true}, {4, "1"}, {5, "", true}};
  EXPECT_EQ(split({all}, 5), expected);
  for (std::size_t a = 0; a <= all.size(); ++a) EXPECT_EQ(split({all.substr(0, a), all.substr(a)}, 5), expected) << a;
}

TEST(LineSplitter, TellsWhereEachRecordEndsAndWhetherItsLineDoes) {
  const std::string all = "one\n\n\r\n123456\n2\n3";
  for (std::size_t at = 0; at <= all.size(); ++at) {
    LineSplitter splitter(5);
    std::vector<std::uint64_t> ends;
    RecordLine line{};
    for (std::string_view input : {std::string_view(all).substr(0, at), std::string_view(all).substr(at)})
      while (splitter.next(input, line)) {
        EXPECT_TRUE(line.has_line_end);
        ends.push_back(line.end_offset);
      }
    ASSERT_TRUE(splitter.finish(line));
    EXPECT_FALSE(line.has_line_end);
    ends.push_back(line.end_offset);
    EXPECT_EQ(ends, (std::vector<std::uint64_t>{4, 14, 16, 17})) << at;
  }
}

TEST(LineSplitter, MayBeginBehindTheStart) {
  LineSplitter splitter(100);
  splitter.begin_at(1000, 7);
  std::string_view input = "1\n";
  RecordLine line{};
  ASSERT_TRUE(splitter.next(input, line));
  EXPECT_EQ(line.number, 8U);
  EXPECT_EQ(line.end_offset, 1002U);
}

TEST(LineSplitter, StartsAnewWithTheNextFile) {
  LineSplitter splitter(100);
  EXPECT_EQ(split(splitter, {"1\n2"}), (std::vector<Seen>{{1, "1"}, {2, "2"}}));
  EXPECT_EQ(split(splitter, {"3", "\n4\n"}), (std::vector<Seen>{{1, "3"}, {2, "4"}}));
  EXPECT_EQ(split(splitter, {"5"}), (std::vector<Seen>{{1, "5"}}));
}

}  // namespace
}  // namespace crawlspool::cli
