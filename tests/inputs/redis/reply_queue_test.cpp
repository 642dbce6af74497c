#include "daemon/inputs/redis/reply_queue.h"

#include <gtest/gtest.h>

namespace crawlspool::redis {
namespace {

TEST(ReplyQueue, RepliesToRecordsWaitForTheSyncAndTheOthersForThem) {
  ReplyQueue queue;
  std::string out;
  queue.add("+first\r\n", out);
  EXPECT_EQ(out, "+first\r\n");
  queue.add_for_records(1, ":1\r\n");
  queue.add("+PONG\r\n", out);
  queue.add_for_records(3, ":2\r\n");
  EXPECT_EQ(queue.size(), 3U);
  out.clear();
  queue.release(0, out);
  EXPECT_EQ(out, "");
  queue.release(2, out);
  EXPECT_EQ(out, ":1\r\n+PONG\r\n");
  queue.release(3, out);
  EXPECT_EQ(out, ":1\r\n+PONG\r\n:2\r\n");
  EXPECT_TRUE(queue.empty());
}

TEST(ReplyQueue, FailureTakesThePlaceOfRepliesToRecordsOnly) {
  ReplyQueue queue;
  std::string out;
  queue.add_for_records(1, ":1\r\n");
  queue.add("+PONG\r\n", out);
  queue.add_for_records(2, ":1\r\n");
  queue.release(1, out);
  queue.add("+PONG\r\n", out);
  queue.fail("-ERR\r\n", out);
  EXPECT_EQ(out, ":1\r\n+PONG\r\n-ERR\r\n+PONG\r\n");
  EXPECT_TRUE(queue.empty());
}

TEST(ReplyQueue, FullIsByNumberOrByBytes) {
  ReplyQueue many;
  std::string out;
  for (std::size_t count = 1; count < ReplyQueue::kRepliesMax; ++count) many.add_for_records(count, ":1\r\n");
  EXPECT_FALSE(many.is_full());
  many.add("+PONG\r\n", out);
  EXPECT_TRUE(many.is_full());
  many.release(1, out);
  EXPECT_FALSE(many.is_full());
  ReplyQueue large;
  large.add_for_records(1, ":1\r\n");
  large.add(std::string(ReplyQueue::kBytesMax, 'x'), out);
  EXPECT_TRUE(large.is_full());
}

TEST(ReplyQueue, MemoryIsGivenBackAsRepliesAreReleased) {
  ReplyQueue queue;
  std::string out;
  for (std::uint64_t count = 1; count <= 100'000; ++count) queue.add_for_records(count, ":1\r\n");
  EXPECT_GE(queue.held_bytes(), 1'000'000U);
  queue.release(99'999, out);
  EXPECT_EQ(out.size(), 4U * 99'999);
  EXPECT_EQ(queue.size(), 1U);
  queue.release(100'000, out);
  EXPECT_LE(queue.held_bytes(), 4096U);
}

}  // namespace
}  // namespace crawlspool::redis
