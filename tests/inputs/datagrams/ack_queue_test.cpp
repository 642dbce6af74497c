#include "daemon/inputs/datagrams/ack_queue.h"

#include <gtest/gtest.h>

#include <vector>

namespace crawlspool::datagrams {
namespace {

AckQueue::Due due(std::uint64_t count) { return {count, {}, std::to_string(count)}; }

std::vector<std::string> taken(AckQueue& queue, std::uint64_t synced) {
  std::vector<std::string> texts;
  queue.take_due(synced, [&texts](const AckQueue::Due& one) { texts.push_back(one.text); });
  return texts;
}

TEST(Ack, NamesTheDatagramByItsHash) {
  EXPECT_EQ(ack_of("foo"), R"({"ack":"2c26b46b68ffc68f"})");
  EXPECT_EQ(ack_of(""), R"({"ack":"e3b0c44298fc1c14"})");
}

TEST(Ack, IsShorterThanWhatIsAnswered) { EXPECT_LT(ack_of("foo").size(), kAnsweredBytesMin); }

TEST(AckQueue, GivesOutWhatIsSyncedInOrderAndOnce) {
  AckQueue queue;
  for (const std::uint64_t count : {1U, 2U, 5U, 9U}) queue.add(due(count));
  EXPECT_EQ(taken(queue, 0), std::vector<std::string>{});
  EXPECT_EQ(taken(queue, 5), (std::vector<std::string>{"1", "2", "5"}));
  EXPECT_EQ(taken(queue, 5), std::vector<std::string>{});
  EXPECT_FALSE(queue.is_empty());
  EXPECT_EQ(taken(queue, 10), std::vector<std::string>{"9"});
  EXPECT_TRUE(queue.is_empty());
  EXPECT_EQ(queue.held_bytes(), 0U);
}

TEST(AckQueue, IsFullAtItsBound) {
  AckQueue queue;
  for (std::uint64_t count = 1; count < AckQueue::kAcksMax; ++count) queue.add(due(count));
  EXPECT_FALSE(queue.is_full());
  queue.add(due(AckQueue::kAcksMax));
  EXPECT_TRUE(queue.is_full());
  EXPECT_GT(queue.held_bytes(), AckQueue::kAcksMax * sizeof(AckQueue::Due));
}

}  // namespace
}  // namespace crawlspool::datagrams
