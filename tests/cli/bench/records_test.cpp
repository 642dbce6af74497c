#include "cli/bench/records.h"

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace crawlspool::bench {
namespace {

TEST(Records, TheOriginsAreAsManyAsAreSentUpToTenThousand) {
  EXPECT_EQ(origin_records(3).texts, std::vector<std::string>(3, R"({"aaa": "bbb"})"));
  EXPECT_EQ(origin_records(1'000'000).texts.size(), 10'000U);
}

TEST(Records, AFewAreRepeatedInTurn) {
  Records records{"few", {"1", "2", "3"}};
  repeat_few(records);
  ASSERT_EQ(records.texts.size(), 10'002U);
  EXPECT_EQ(records.texts[3], "1");
  EXPECT_EQ(records.texts.back(), "3");
}

TEST(Records, AFewLargeOnesAreRepeatedLess) {
  Records records{"large", {std::string(300 * 1024, '1')}};
  repeat_few(records);
  EXPECT_EQ(records.texts.size(), 4U);
}

TEST(Records, ManyStayAsTheyAre) {
  Records records{"many", std::vector<std::string>(10'000, "1")};
  repeat_few(records);
  EXPECT_EQ(records.texts.size(), 10'000U);
}

TEST(BenchRecords, AreTheFilesLinesInTurn) {
  const test::TempDir temp;
  const auto records = read_records(temp.write("items.ndjson", "{\"a\":1}\n\n{\"b\":2}\r\n3"));
  ASSERT_TRUE(records);
  EXPECT_EQ(records->name, temp.file("items.ndjson"));
  ASSERT_GE(records->texts.size(), 10'000U);
  EXPECT_EQ(records->texts[0], "{\"a\":1}");
  EXPECT_EQ(records->texts[1], "{\"b\":2}\r");
  EXPECT_EQ(records->texts[2], "3");
  EXPECT_EQ(records->texts[3], "{\"a\":1}");
}

TEST(BenchRecords, OfALargeFileAreItsFirst) {
  const test::TempDir temp;
  const std::string line = "\"" + std::string(30 * 1024 * 1024, 'x') + "\"\n";
  const auto records = read_records(temp.write("large.ndjson", line + line + line));
  ASSERT_TRUE(records);
  EXPECT_EQ(records->texts.size(), 2U);
  EXPECT_EQ(records->name, temp.file("large.ndjson") + " (its first 2 records)");
}

TEST(BenchRecords, AFileWithoutThemIsAnErrorThatNamesIt) {
  const test::TempDir temp;
  for (const std::string& file : {temp.write("empty.ndjson", ""), temp.write("blank.ndjson", "\n\r\n"),
                                  temp.file("none"), temp.path().string()}) {
    const auto records = read_records(file);
    ASSERT_FALSE(records) << file;
    EXPECT_NE(records.error().message().find(file), std::string::npos) << records.error().message();
  }
}

}  // namespace
}  // namespace crawlspool::bench
