#include "cli/bench/records.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace crawlspool::bench
