#include "daemon/commit/line_chunks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace crawlspool::commit {
namespace {

void add(LineChunks& chunks, const std::string& line, std::size_t spare = 0) {
  std::copy(line.begin(), line.end(), chunks.reserve(line.size() + spare));
  chunks.commit(line.size());
}

std::vector<std::string_view> views(const LineChunks& chunks) {
  std::vector<std::string_view> all;
  chunks.append_views(all);
  return all;
}

std::string text(const LineChunks& chunks) {
  std::string all;
  for (const std::string_view view : views(chunks)) all += view;
  return all;
}

TEST(LineChunks, KeepsOrderAndLaysEachLineInOneChunk) {
  LineChunks chunks;
  std::string expected;
  for (std::size_t i = 0; i < 400; ++i) {
    const std::string line = std::string(i * 37 % 9000, static_cast<char>('a' + i % 26)) + "\n";
    add(chunks, line, i % 200);
    expected += line;
    EXPECT_EQ(chunks.bytes(), expected.size());
  }
  EXPECT_TRUE(text(chunks) == expected);
  EXPECT_GT(views(chunks).size(), 1U);
  for (const std::string_view view : views(chunks)) EXPECT_EQ(view.back(), '\n');
}

TEST(LineChunks, TakesLinesOfAnyLength) {
  LineChunks chunks;
  add(chunks, "small\n");
  const std::string large(5'000'000, 'x');
  add(chunks, large);
  add(chunks, "small again\n");
  EXPECT_TRUE(text(chunks) == "small\n" + large + "small again\n");
}

TEST(LineChunks, RoomThatIsNotUsedIsNotShown) {
  LineChunks chunks;
  EXPECT_TRUE(chunks.empty());
  EXPECT_NE(chunks.reserve(100), nullptr);
  EXPECT_TRUE(chunks.empty());
  EXPECT_TRUE(views(chunks).empty());
}

TEST(LineChunks, ViewsStayWhenMoreIsAdded) {
  LineChunks chunks;
  add(chunks, "first\n");
  const std::string_view first = views(chunks).front();
  for (int i = 0; i < 100; ++i) add(chunks, std::string(10'000, 'x'));
  EXPECT_EQ(first, "first\n");
}

TEST(LineChunks, TellsWhatItTakesInMemory) {
  LineChunks chunks;
  EXPECT_EQ(chunks.capacity_bytes(), 0U);
  add(chunks, "small\n");
  const std::size_t ordinary = chunks.capacity_bytes();
  EXPECT_GE(ordinary, 6U);
  add(chunks, "small\n");
  EXPECT_EQ(chunks.capacity_bytes(), ordinary);
  add(chunks, std::string(5'000'000, 'x'));
  EXPECT_EQ(chunks.capacity_bytes(), ordinary + 5'000'000);
  chunks.clear();
  EXPECT_EQ(chunks.capacity_bytes(), ordinary);
}

TEST(LineChunks, ClearedItIsEmptyAndIsFilledAgain) {
  LineChunks chunks;
  for (const std::size_t bytes : {std::size_t{10}, std::size_t{1'000'000}, std::size_t{10}}) {
    add(chunks, std::string(bytes, 'x'));
    add(chunks, "y");
    chunks.clear();
    EXPECT_TRUE(chunks.empty());
    EXPECT_TRUE(views(chunks).empty());
    add(chunks, "again\n");
    EXPECT_EQ(text(chunks), "again\n");
    chunks.clear();
  }
}

}  // namespace
}  // namespace crawlspool::commit
