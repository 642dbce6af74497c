#include "daemon/commit/pending_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace crawlspool::commit {
namespace {

using Batches = std::vector<std::unique_ptr<AppendBatch>>;

// A batch of these lines, the last of them in a chunk of its own if `splits`.
std::unique_ptr<AppendBatch> batch_of(const std::vector<std::string>& lines, bool splits = false) {
  auto batch = std::make_unique<AppendBatch>();
  for (const std::string& line : lines) {
    const bool begins_chunk = splits && &line == &lines.back();
    const std::size_t room = begins_chunk ? 1024UL * 1024 : line.size();  // more than what a chunk has left
    std::copy(line.begin(), line.end(), batch->lines.reserve(room));
    batch->lines.commit(line.size());
  }
  return batch;
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
  Batches batches;
};

TEST_F(PendingLinesTest, LaysTheLinesOfAllBatchesEndToEnd) {
  const PendingLines pending(batches);
  EXPECT_FALSE(pending.empty());
  EXPECT_EQ(text_of(pending), first(6));
  EXPECT_EQ(pending.bytes(), first(6).size());
  EXPECT_EQ(pending.first_line_bytes(), 2U);
}

TEST_F(PendingLinesTest, BatchesWithoutLinesLeaveNothingPending) {
  EXPECT_TRUE(PendingLines(Batches{}).empty());
  Batches without_lines;
  without_lines.push_back(batch_of({}));
  without_lines.push_back(batch_of({}));
  const PendingLines pending(without_lines);
  EXPECT_TRUE(pending.empty());
  EXPECT_EQ(pending.bytes(), 0U);
}

TEST_F(PendingLinesTest, AdvancedToAnyLineTheRestIsPendingAndWholeBatchesAreCounted) {
  for (std::size_t count = 1; count <= lines.size(); ++count) {
    PendingLines pending(batches);
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
      PendingLines pending(batches);
      const std::size_t before = pending.advance(first(from).size());
      const std::size_t after = pending.advance(first(to).size() - first(from).size());
      EXPECT_EQ(before + after, whole_batches(to)) << from << " " << to;
      EXPECT_EQ(text_of(pending), first(6).substr(first(to).size()));
    }
  }
}

TEST_F(PendingLinesTest, LineByLineAllBatchesAreCountedInTheEnd) {
  PendingLines pending(batches);
  std::size_t whole = 0;
  for (const std::string& line : lines) whole += pending.advance(line.size());
  EXPECT_EQ(whole, batches.size());
  EXPECT_TRUE(pending.empty());
}

}  // namespace
}  // namespace crawlspool::commit
