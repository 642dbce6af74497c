#include "daemon/intake/batch_intake.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace crawlspool::intake {
namespace {

using Records = std::vector<std::string>;
using Holds = BatchIntake::Holds;
using Step = BatchIntake::Step;

config::Limits limits(std::uint64_t bytes_max, std::uint64_t records_max) {
  config::Limits limits;
  limits.batch_bytes_max = bytes_max;
  limits.batch_records_max = records_max;
  return limits;
}

std::string zstd(const std::string& plain) {
  std::string out(ZSTD_compressBound(plain.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), plain.data(), plain.size(), 3));
  return out;
}

Records records_of(BatchIntake& intake) {
  Records records;
  TurnBudget budget;
  while (!intake.is_at_end())
    if (const auto record = intake.next(budget)) records.emplace_back(*record);
  return records;
}

Step step(BatchIntake& intake) {
  TurnBudget budget;
  return intake.step(budget);
}

struct Proof {
  Step last = Step::kMore;
  std::size_t steps = 0;
  std::uint64_t dearest = 0;
};

Proof prove(BatchIntake& intake) {
  Proof proof;
  for (; proof.last == Step::kMore; ++proof.steps) {
    TurnBudget budget;
    proof.last = intake.step(budget);
    proof.dearest = std::max(proof.dearest, budget.spent());
  }
  return proof;
}

constexpr std::size_t kMiB = 1024 * 1024;
constexpr std::uint64_t kLastPieceCost = 512 * 1024;

TEST(BatchIntake, RecordsComeOutAsSoonAsAllIsProved) {
  BatchIntake plain(Holds::kRecords, "1\n\n2\r\n3", limits(100, 3));
  ASSERT_EQ(step(plain), Step::kReady);
  EXPECT_EQ(records_of(plain), (Records{"1", "2", "3"}));
  EXPECT_TRUE(plain.is_at_end());
  BatchIntake compressed(Holds::kRecords, Encoding::kZstd, Parts::kOne, zstd("1\n2\n"), limits(100, 3));
  EXPECT_FALSE(compressed.is_ready());
  ASSERT_EQ(step(compressed), Step::kReady);
  EXPECT_EQ(records_of(compressed), (Records{"1", "2"}));
}

TEST(BatchIntake, OneRecordTooManyIsTooLargeHoweverItCame) {
  BatchIntake plain(Holds::kRecords, "1\n2\n3\n4", limits(100, 3));
  EXPECT_EQ(step(plain), Step::kTooLarge);
  EXPECT_EQ(plain.detail(), "it has more than 3 records");
  BatchIntake compressed(Holds::kRecords, Encoding::kZstd, Parts::kOne, zstd("1\n2\n3\n4"), limits(100, 3));
  EXPECT_EQ(step(compressed), Step::kTooLarge);
}

TEST(BatchIntake, OneByteTooManyAndABrokenOneAreTold) {
  BatchIntake large(Holds::kRecords, Encoding::kZstd, Parts::kOne, zstd(std::string(101, '1')), limits(100, 3));
  EXPECT_EQ(step(large), Step::kTooLarge);
  BatchIntake broken(Holds::kRecords, Encoding::kZstd, Parts::kOne, "not zstd", limits(100, 3));
  EXPECT_EQ(step(broken), Step::kBroken);
  EXPECT_EQ(broken.detail(), "it does not decompress");
}

TEST(BatchIntake, OneRecordMayHaveAnyNumberOfLinesButNotMoreBytesThanARecord) {
  config::Limits few = limits(100, 1);
  few.record_bytes_max = 7;
  BatchIntake plain(Holds::kOneRecord, "[1,\n2,]", few);
  ASSERT_EQ(step(plain), Step::kReady);
  EXPECT_EQ(plain.content(), "[1,\n2,]");
  BatchIntake compressed(Holds::kOneRecord, Encoding::kZstd, Parts::kAny, zstd("[1,\n2,3]"), few);
  EXPECT_EQ(step(compressed), Step::kTooLarge);
  EXPECT_EQ(compressed.detail(), "it decompresses to more than 7 bytes");
}

TEST(BatchIntake, TheRestOfAProvedBatchIsReadyAtOnce) {
  BatchIntake rest = BatchIntake::rest_of("1\n2\n3", 2, limits(100, 3));
  EXPECT_TRUE(rest.is_ready());
  EXPECT_EQ(rest.rest_bytes(), 3U);
  EXPECT_EQ(records_of(rest), (Records{"2", "3"}));
}

TEST(BatchIntake, BlankLinesAreSkippedATurnsWorthAtATime) {
  for (const std::string blank : {"\n", "\r\n"}) {
    std::string content;
    while (content.size() < 16 * kMiB) content += blank;
    BatchIntake intake(Holds::kRecords, content + "1", limits(32 * kMiB, 3));
    const Proof proof = prove(intake);
    EXPECT_EQ(proof.last, Step::kReady);
    EXPECT_GE(proof.steps, 4U);
    EXPECT_LE(proof.dearest, TurnBudget::kTurnCostMax + kLastPieceCost);
    TurnBudget budget;
    std::optional<std::string_view> record;
    while (!record && !budget.is_spent()) record = intake.next(budget);
    EXPECT_FALSE(record);  // the blank lines before it are more than a turn's worth
    EXPECT_EQ(records_of(intake), Records{"1"});
  }
}

TEST(BatchIntake, CompressedBlankLinesCostATurnAlthoughTheyHoldNothing) {
  const std::string compressed = zstd(std::string(1'040'000, '\n'));
  ASSERT_LT(compressed.size(), 100U);
  std::uint64_t cost = 0;
  for (int i = 0; i < 2; ++i) {
    BatchIntake intake(Holds::kRecords, Encoding::kZstd, Parts::kOne, compressed, limits(32 * kMiB, 65'536));
    TurnBudget budget;
    while (intake.step(budget) == Step::kMore) {
    }
    cost += budget.spent();
  }
  EXPECT_GE(cost, TurnBudget::kTurnCostMax);
}

TEST(BatchIntake, RecordsAreCountedATurnsWorthAtATime) {
  std::string content;
  while (content.size() < 4 * kMiB) content += "1\n";
  BatchIntake intake(Holds::kRecords, content, limits(32 * kMiB, content.size() / 2));
  EXPECT_EQ(prove(intake).last, Step::kReady);
  BatchIntake over(Holds::kRecords, content, limits(32 * kMiB, content.size() / 2 - 1));
  const Proof proof = prove(over);
  EXPECT_EQ(proof.last, Step::kTooLarge);
  EXPECT_GE(proof.steps, 4U);
  EXPECT_LE(proof.dearest, TurnBudget::kTurnCostMax + kLastPieceCost);
}

}  // namespace
}  // namespace crawlspool::intake
