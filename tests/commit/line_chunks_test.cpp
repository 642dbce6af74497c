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

// A batch of these lines, the last of them in a chunk of its own if `splits`.
LineChunks batch_of(const std::vector<std::string>& lines, bool splits = false) {
  LineChunks batch;
  for (const std::string& line : lines) {
    const bool begins_chunk = splits && &line == &lines.back();
    const std::size_t room = begins_chunk ? 1024UL * 1024 : line.size();  // more than what a chunk has left
    std::copy(line.begin(), line.end(), batch.reserve(room));
    batch.commit(line.size());
  }
  return batch;
}

PendingLines pending_of(const std::vector<LineChunks>& batches) {
  PendingLines pending;
  for (const LineChunks& batch : batches) pending.add(batch);
  return pending;
}

std::string text_of(const PendingLines& pending) {
  std::string text;
  for (const std::string_view chunk : pending.chunks()) text += chunk;
  return text;
}

// Batches of 2, 0, 3, 0, 0 and 1 lines, of different lengths.
class PendingLinesTest : public ::testing::Test {
 protected:
  PendingLinesTest() {
    for (const std::vector<std::string>& of_batch :
         {std::vector<std::string>{"a\n", "bcd\n"}, {}, {"ef\n", "g\n", "hijklm\n"}, {}, {}, {"no\n"}}) {
      for (const std::string& line : of_batch) lines.push_back(line);
      line_counts.push_back(of_batch.size());
      batches.push_back(batch_of(of_batch, of_batch.size() == 3));
    }
  }
  // The first `count` lines.
  [[nodiscard]] std::string first(std::size_t count) const {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += lines[i];
    return text;
  }
  // How many batches are wholly within the first `count` lines.
  [[nodiscard]] std::size_t whole_batches(std::size_t count) const {
    std::size_t whole = 0;
    for (std::size_t in = 0; whole < line_counts.size() && (in += line_counts[whole]) <= count;) ++whole;
    return whole;
  }

  std::vector<std::string> lines;
  std::vector<std::size_t> line_counts;
  std::vector<LineChunks> batches;
};

TEST_F(PendingLinesTest, LaysTheLinesOfAllBatchesEndToEnd) {
  const PendingLines pending = pending_of(batches);
  EXPECT_FALSE(pending.empty());
  EXPECT_EQ(text_of(pending), first(6));
  EXPECT_EQ(pending.bytes(), first(6).size());
  EXPECT_EQ(pending.first_line_bytes(), 2U);
}

TEST_F(PendingLinesTest, BatchesWithoutLinesLeaveNothingPending) {
  EXPECT_TRUE(PendingLines().empty());
  std::vector<LineChunks> without_lines;
  without_lines.push_back(batch_of({}));
  without_lines.push_back(batch_of({}));
  const PendingLines pending = pending_of(without_lines);
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.bytes(), 0U);
}

TEST_F(PendingLinesTest, AdvancedToAnyLineTheRestIsPendingAndWholeBatchesAreCounted) {
  for (std::size_t count = 1; count <= lines.size(); ++count) {
    PendingLines pending = pending_of(batches);
    EXPECT_EQ(pending.advance(first(count).size()), whole_batches(count)) << count;
    EXPECT_EQ(text_of(pending), first(6).substr(first(count).size())) << count;
    EXPECT_EQ(pending.bytes(), text_of(pending).size());
    EXPECT_EQ(pending.empty(), count == lines.size());
    if (!pending.empty()) {
      EXPECT_EQ(pending.first_line_bytes(), lines[count].size());
    }
  }
}

TEST_F(PendingLinesTest, EachBatchIsCountedOnceOverAnyTwoSteps) {
  for (std::size_t to = 1; to <= lines.size(); ++to) {
    for (std::size_t from = 1; from < to; ++from) {
      PendingLines pending = pending_of(batches);
      const std::size_t before = pending.advance(first(from).size());
      const std::size_t after = pending.advance(first(to).size() - first(from).size());
      EXPECT_EQ(before + after, whole_batches(to)) << from << " " << to;
      EXPECT_EQ(text_of(pending), first(6).substr(first(to).size()));
    }
  }
}

TEST_F(PendingLinesTest, LineByLineAllBatchesAreCountedInTheEnd) {
  PendingLines pending = pending_of(batches);
  std::size_t whole = 0;
  for (const std::string& line : lines) whole += pending.advance(line.size());
  EXPECT_EQ(whole, batches.size());
  EXPECT_TRUE(pending.empty());
}

}  // namespace
}  // namespace crawlspool::commit
