#include "proto/batch.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace crawlspool::proto {
namespace {

using Records = std::vector<std::string>;

Records records_in(std::string_view batch) {
  Records records;
  BatchReader reader(batch);
  while (const auto record = reader.next()) records.emplace_back(*record);
  return records;
}

TEST(Batch, EachLineIsARecordTheLastOneWithoutItsEndToo) {
  EXPECT_EQ(records_in("1\n2\n3"), (Records{"1", "2", "3"}));
  EXPECT_EQ(records_in("1\n2\n3\n"), (Records{"1", "2", "3"}));
}

TEST(Batch, BlankLinesAreNoRecordsButSpacesAre) {
  EXPECT_EQ(records_in("\n1\n\n\r\n \n\r\r\n2"), (Records{"1", " ", "\r", "2"}));
  EXPECT_EQ(records_in(""), Records{});
  EXPECT_EQ(records_in("\n\r\n\r"), Records{});
}

TEST(Batch, OneCarriageReturnGoesWithTheLinesEnd) { EXPECT_EQ(records_in("1\r\n2\r"), (Records{"1", "2"})); }

TEST(Batch, CountingStopsAtEnough) {
  EXPECT_EQ(count_records("1\n\n2\n3\n", 10), 3U);
  EXPECT_EQ(count_records("1\n\n2\n3\n", 2), 2U);
  EXPECT_EQ(count_records("", 2), 0U);
}

}  // namespace
}  // namespace crawlspool::proto
