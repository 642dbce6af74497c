#include "daemon/inputs/lines/line_splitter.h"

#include <gtest/gtest.h>

#include <vector>

namespace crawlspool::lines {
namespace {

constexpr std::uint64_t kRecordBytesMax = 10;

// The records of `text` that comes in pieces of so many bytes.
std::vector<std::string> split(std::string_view text, std::size_t piece_bytes) {
  LineSplitter splitter(kRecordBytesMax);
  std::vector<std::string> records;
  while (!text.empty()) {
    std::string_view piece = text.substr(0, piece_bytes);
    text.remove_prefix(piece.size());
    while (const auto line = splitter.next(piece)) records.emplace_back(*line);
    EXPECT_TRUE(piece.empty());
  }
  if (const auto line = splitter.last()) records.emplace_back(*line);
  return records;
}

using Records = std::vector<std::string>;

TEST(LineSplitter, LinesAreTheSameHoweverTheyArrive) {
  const std::string text = "{}\n[1,2]\r\n\n\r\n  \n\"last\"";
  const Records expected{"{}", "[1,2]", "  ", "\"last\""};
  for (std::size_t bytes = 1; bytes <= text.size(); ++bytes) EXPECT_EQ(split(text, bytes), expected) << bytes;
}

TEST(LineSplitter, OneReturnIsTakenOffAndNoMore) {
  for (std::size_t bytes = 1; bytes <= 8; ++bytes)
    EXPECT_EQ(split("a\r\r\nb\rc\n\r", bytes), (Records{"a\r", "b\rc"})) << bytes;
}

TEST(LineSplitter, OfALineThatIsTooLongOneByteMoreThanAllowedComesAndTheNextIsWhole) {
  const std::string longest(kRecordBytesMax, 'x');
  const std::string text = longest + "\n" + longest + "\r\n" + std::string(1000, 'y') + "\nnext\n";
  for (const std::size_t bytes : {1U, 3U, 7U, 64U}) {
    const Records records = split(text, bytes);
    ASSERT_EQ(records.size(), 4U) << bytes;
    EXPECT_EQ(records[0], longest);
    EXPECT_EQ(records[1], longest);
    EXPECT_EQ(records[2], std::string(kRecordBytesMax + 1, 'y'));
    EXPECT_EQ(records[3], "next");
  }
}

TEST(LineSplitter, ARecordThatWasReturnedIsFreedOnceItIsDoneWith) {
  LineSplitter splitter(kRecordBytesMax);
  for (std::string_view piece : {"123", "456\n"})
    while (const auto line = splitter.next(piece)) EXPECT_EQ(*line, "123456");
  std::string_view begun = "78";
  EXPECT_FALSE(splitter.next(begun));
  std::string_view end = "9\nrest";
  EXPECT_EQ(splitter.next(end), "789");
  EXPECT_GT(splitter.held_bytes(), 0U);
  splitter.free_returned();
  EXPECT_EQ(splitter.held_bytes(), 0U);
  EXPECT_EQ(end, "rest");
}

TEST(LineSplitter, HoldsNoMoreThanOneRecordOfALineWithoutEnd) {
  LineSplitter splitter(kRecordBytesMax);
  const std::string endless(1 << 20, 'z');
  for (int i = 0; i < 10; ++i) {
    std::string_view piece = endless;
    while (splitter.next(piece)) {
    }
    EXPECT_LT(splitter.held_bytes(), 512U);
    EXPECT_TRUE(splitter.has_begun());
  }
}

TEST(LineSplitter, NothingIsHeldBetweenLines) {
  LineSplitter splitter(kRecordBytesMax);
  std::string_view first = "ab";
  EXPECT_FALSE(splitter.next(first));
  EXPECT_EQ(splitter.received_bytes(), 2U);
  std::string_view rest = "c\n";
  EXPECT_EQ(splitter.next(rest), "abc");
  EXPECT_FALSE(splitter.next(rest));
  EXPECT_FALSE(splitter.has_begun());
  EXPECT_FALSE(splitter.last());
}

}  // namespace
}  // namespace crawlspool::lines
