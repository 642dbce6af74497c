#include "cli/bench/figures.h"

#include <gtest/gtest.h>

namespace crawlspool::bench {
namespace {

TEST(Figures, LargeNumbersAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(grouped(123'456), "123,456");
}

TEST(Figures, HaveThreeDigitsAtLeast) {
  EXPECT_EQ(three_digits(0), "0");
  EXPECT_EQ(three_digits(0.0123456), "0.0123");
  EXPECT_EQ(three_digits(1.2345), "1.23");
  EXPECT_EQ(three_digits(9.994), "9.99");
  EXPECT_EQ(three_digits(9.996), "10.0");
  EXPECT_EQ(three_digits(99.96), "100");
  EXPECT_EQ(three_digits(1234.5), "1,235");
}

TEST(Figures, DurationsAreInTheUnitThatSuitsThem) {
  EXPECT_EQ(duration_text(0), "0 us");
  EXPECT_EQ(duration_text(999), "999 us");
  EXPECT_EQ(duration_text(1000), "1.00 ms");
  EXPECT_EQ(duration_text(12'340), "12.3 ms");
  EXPECT_EQ(duration_text(1'230'000), "1.23 s");
}

TEST(Figures, RatiosHaveATenthWhereItTells) {
  EXPECT_EQ(times_text(1), "1.0");
  EXPECT_EQ(times_text(24.52), "24.5");
  EXPECT_EQ(times_text(99.96), "100");
  EXPECT_EQ(times_text(3007.6), "3,008");
}

}  // namespace
}  // namespace crawlspool::bench
