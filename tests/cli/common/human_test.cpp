#include "cli/common/human.h"

#include <gtest/gtest.h>

namespace crawlspool::cli {
namespace {

TEST(Human, BytesHaveTheUnitThatFits) {
  EXPECT_EQ(human_bytes(0), "0 B");
  EXPECT_EQ(human_bytes(1023), "1023 B");
  EXPECT_EQ(human_bytes(1024), "1.0 KiB");
  EXPECT_EQ(human_bytes(1536), "1.5 KiB");
  EXPECT_EQ(human_bytes(1024 * 1024 - 1), "1.0 MiB");
  EXPECT_EQ(human_bytes(std::uint64_t{12} << 30), "12.0 GiB");
  EXPECT_EQ(human_bytes(UINT64_MAX), "16.0 EiB");
}

TEST(Human, SecondsHaveTheTwoUnitsThatFit) {
  EXPECT_EQ(human_seconds(59), "59s");
  EXPECT_EQ(human_seconds(61), "1m 1s");
  EXPECT_EQ(human_seconds(3900), "1h 5m");
  EXPECT_EQ(human_seconds(3 * 86400 + 7200), "3d 2h");
}

TEST(Human, OneIsSingular) {
  EXPECT_EQ(counted(0, "line"), "0 lines");
  EXPECT_EQ(counted(1, "line"), "1 line");
  EXPECT_EQ(counted(2, "line"), "2 lines");
}

TEST(Human, LargeNumbersAreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(grouped(123'456), "123,456");
}

TEST(Human, HaveThreeDigitsAtLeast) {
  EXPECT_EQ(three_digits(0), "0");
  EXPECT_EQ(three_digits(0.0123456), "0.0123");
  EXPECT_EQ(three_digits(1.2345), "1.23");
  EXPECT_EQ(three_digits(9.994), "9.99");
  EXPECT_EQ(three_digits(9.996), "10.0");
  EXPECT_EQ(three_digits(99.96), "100");
  EXPECT_EQ(three_digits(1234.5), "1,235");
}

TEST(Human, DurationsAreInTheUnitThatSuitsThem) {
  EXPECT_EQ(duration_text(0), "0 us");
  EXPECT_EQ(duration_text(999), "999 us");
  EXPECT_EQ(duration_text(1000), "1.00 ms");
  EXPECT_EQ(duration_text(12'340), "12.3 ms");
  EXPECT_EQ(duration_text(1'230'000), "1.23 s");
}

TEST(Human, RatiosHaveATenthWhereItTells) {
  EXPECT_EQ(times_text(1), "1.0");
  EXPECT_EQ(times_text(24.52), "24.5");
  EXPECT_EQ(times_text(99.96), "100");
  EXPECT_EQ(times_text(3007.6), "3,008");
}

}  // namespace
}  // namespace crawlspool::cli
