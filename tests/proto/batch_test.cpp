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
  while (reader.rest_bytes() > 0)
    if (const auto record = reader.next()) records.emplace_back(*record);
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

TEST(Batch, RunsOfBlankLinesOfAnyLengthAreSkipped) {
  for (const std::string blank : {"\n", "\r\n", "\n\n\n\r\n"})
    for (const std::size_t lines : {1, 7, 8, 9, 63, 1023, 1024, 1025, 40'000}) {
      std::string run;
      for (std::size_t i = 0; i < lines; ++i) run += blank;
      EXPECT_EQ(records_in(run + "1\n" + run + "\r\r\n" + run + "2" + "\n" + run), (Records{"1", "\r", "2"})) << lines;
      EXPECT_EQ(records_in(run + "\r"), Records{}) << lines;
      EXPECT_EQ(count_records(run + "1\n" + run + "2\n" + run, 10), 2U) << lines;
    }
}

TEST(Batch, OneCallSkipsNoMoreThanABoundedRunOfBlankLines) {
  const std::string batch(10 * BatchReader::kSkipBytesMax, '\n');
  BatchReader reader(batch);
  std::size_t calls = 0;
  for (std::size_t before = batch.size(); before > 0; before = reader.rest_bytes(), ++calls) {
    EXPECT_FALSE(reader.next());
    EXPECT_LE(before - reader.rest_bytes(), BatchReader::kSkipBytesMax);
  }
  EXPECT_EQ(calls, 10U);
}

TEST(Batch, ALongRunOfBlankLinesEndsACallBeforeTheRecordBehindIt) {
  const std::string batch = std::string(BatchReader::kLongRunBytes, '\n') + "1";
  BatchReader reader(batch);
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.rest_bytes(), 1U);
  EXPECT_EQ(reader.next(), "1");
}

TEST(Batch, CountingStopsAtEnough) {
  EXPECT_EQ(count_records("1\n\n2\n3\n", 10), 3U);
  EXPECT_EQ(count_records("1\n\n2\n3\n", 2), 2U);
  EXPECT_EQ(count_records("", 2), 0U);
}

}  // namespace
}  // namespace crawlspool::proto
