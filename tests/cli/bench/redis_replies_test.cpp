#include <gtest/gtest.h>

#include "cli/bench/reply_reader.h"

namespace crawlspool::bench {
namespace {

TEST(RedisReplies, IsGreetedByPong) {
  const auto reader = make_redis_replies(AckLevel::kWritten);
  EXPECT_FALSE(reader->ack_level());
  EXPECT_EQ(reader->take("+PONG\r\n"), 0U);
  EXPECT_EQ(reader->ack_level(), AckLevel::kWritten);
}

TEST(RedisReplies, EachIdIsARecordWhereverTheyAreSplit) {
  const std::string all = "+PONG\r\n$15\r\n1700000000000-0\r\n$4\r\n\r\n\r\n\r\n$0\r\n\r\n";
  for (std::size_t split = 0; split <= all.size(); ++split) {
    const auto reader = make_redis_replies(AckLevel::kSynced);
    const auto first = reader->take(all.substr(0, split));
    const auto second = reader->take(all.substr(split));
    ASSERT_TRUE(first && second) << split;
    EXPECT_EQ(*first + *second, 3U) << split;
  }
}

TEST(RedisReplies, AnErrorIsAnError) {
  const auto taken = make_redis_replies(AckLevel::kSynced)->take("-MISCONF Errors writing to the AOF file\r\n");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().message(), "answers -MISCONF Errors writing to the AOF file");
  EXPECT_FALSE(make_redis_replies(AckLevel::kSynced)->take("$-1\r\n"));
  EXPECT_FALSE(make_redis_replies(AckLevel::kSynced)->take("$99999999999999999999\r\n"));
  EXPECT_FALSE(make_redis_replies(AckLevel::kSynced)->take("HTTP/1.1 400 Bad Request\r\n"));
}

}  // namespace
}  // namespace crawlspool::bench
