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

}  // namespace
}  // namespace crawlspool::cli
