#include "daemon/ingest/batch_intake.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <string>
#include <vector>

namespace crawlspool::ingest {
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
  while (const auto record = intake.next()) records.emplace_back(*record);
  return records;
}

TEST(BatchIntake, RecordsComeOutAsSoonAsAllIsProved) {
  BatchIntake plain(Holds::kRecords, "1\n\n2\r\n3", limits(100, 3));
  ASSERT_EQ(plain.step(), Step::kReady);
  EXPECT_EQ(records_of(plain), (Records{"1", "2", "3"}));
  EXPECT_TRUE(plain.is_at_end());
  BatchIntake packed(Holds::kRecords, Encoding::kZstd, Parts::kOne, zstd("1\n2\n"), limits(100, 3));
  EXPECT_FALSE(packed.is_ready());
  ASSERT_EQ(packed.step(), Step::kReady);
  EXPECT_EQ(records_of(packed), (Records{"1", "2"}));
}

TEST(BatchIntake, OneRecordTooManyIsTooLargeHoweverItCame) {
  BatchIntake plain(Holds::kRecords, "1\n2\n3\n4", limits(100, 3));
  EXPECT_EQ(plain.step(), Step::kTooLarge);
  EXPECT_EQ(plain.detail(), "it has more than 3 records");
  BatchIntake packed(Holds::kRecords, Encoding::kZstd, Parts::kOne, zstd("1\n2\n3\n4"), limits(100, 3));
  EXPECT_EQ(packed.step(), Step::kTooLarge);
}

TEST(BatchIntake, OneByteTooManyAndABrokenOneAreTold) {
  BatchIntake large(Holds::kRecords, Encoding::kZstd, Parts::kOne, zstd(std::string(101, '1')), limits(100, 3));
  EXPECT_EQ(large.step(), Step::kTooLarge);
  BatchIntake broken(Holds::kRecords, Encoding::kZstd, Parts::kOne, "not zstd", limits(100, 3));
  EXPECT_EQ(broken.step(), Step::kBroken);
  EXPECT_EQ(broken.detail(), "it does not decompress");
}

TEST(BatchIntake, OneRecordMayHaveAnyNumberOfLinesButNotMoreBytesThanARecord) {
  config::Limits few = limits(100, 1);
  few.record_bytes_max = 7;
  BatchIntake plain(Holds::kOneRecord, "[1,\n2,]", few);
  ASSERT_EQ(plain.step(), Step::kReady);
  EXPECT_EQ(plain.content(), "[1,\n2,]");
  BatchIntake packed(Holds::kOneRecord, Encoding::kZstd, Parts::kAny, zstd("[1,\n2,3]"), few);
  EXPECT_EQ(packed.step(), Step::kTooLarge);
  EXPECT_EQ(packed.detail(), "it decompresses to more than 7 bytes");
}

TEST(BatchIntake, TheRestOfAProvedBatchIsReadyAtOnce) {
  BatchIntake rest = BatchIntake::rest_of("1\n2\n3", 2, limits(100, 3));
  EXPECT_TRUE(rest.is_ready());
  EXPECT_EQ(rest.rest_bytes(), 3U);
  EXPECT_EQ(records_of(rest), (Records{"2", "3"}));
}

}  // namespace
}  // namespace crawlspool::ingest
