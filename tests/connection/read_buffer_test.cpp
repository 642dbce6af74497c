#include "daemon/connection/read_buffer.h"

#include <gtest/gtest.h>

namespace crawlspool::connection {
namespace {

TEST(ReadBuffer, IsLentWithoutItsPadding) {
  ReadBuffer buffer(100, 64);
  EXPECT_EQ(buffer.lend().bytes().size(), 100U);
}

TEST(ReadBuffer, IsLentOneAfterTheOther) {
  ReadBuffer buffer(100, 64);
  {
    const auto loan = buffer.lend();
    EXPECT_TRUE(buffer.is_lent());
  }
  EXPECT_FALSE(buffer.is_lent());
  const auto again = buffer.lend();
  EXPECT_TRUE(buffer.is_lent());
}

TEST(ReadBufferDeathTest, IsNeverLentTwiceAtOnce) {
  ReadBuffer buffer(100, 64);
  const auto loan = buffer.lend();
  EXPECT_EXIT(static_cast<void>(buffer.lend()), testing::ExitedWithCode(70), "is_lent_");
}

}  // namespace
}  // namespace crawlspool::connection
