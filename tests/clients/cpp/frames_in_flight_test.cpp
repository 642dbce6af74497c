#include "clients/cpp/frames_in_flight.h"

#include <gtest/gtest.h>

namespace crawlspool::client {
namespace {

using proto::FrameType;

// Record 1, a batch of 2 to 5, record 6; they end at 10, 50 and 60.
FramesInFlight three() {
  FramesInFlight frames;
  frames.add({FrameType::kRecord, 1, 1, 10});
  frames.add({FrameType::kBatch, 2, 5, 50});
  frames.add({FrameType::kRecord, 6, 6, 60});
  return frames;
}

TEST(FramesInFlight, AnAckMayCoverWhatWasWrittenWhole) {
  EXPECT_TRUE(three().acknowledge(1, 10));
  EXPECT_FALSE(three().acknowledge(1, 9));
  EXPECT_TRUE(three().acknowledge(5, 50));
  EXPECT_FALSE(three().acknowledge(5, 49));
  EXPECT_TRUE(three().acknowledge(6, 60));
  EXPECT_FALSE(three().acknowledge(7, 60));
}

TEST(FramesInFlight, AnAckMayEndWithinABatch) {
  FramesInFlight frames = three();
  EXPECT_TRUE(frames.acknowledge(3, 50));
  EXPECT_TRUE(frames.acknowledge(4, 50));
  EXPECT_FALSE(three().acknowledge(3, 49));
  EXPECT_TRUE(frames.acknowledge(6, 60));
  EXPECT_FALSE(frames.acknowledge(6, 60));
}

TEST(FramesInFlight, FindsTheFrameOfARecord) {
  const FramesInFlight frames = three();
  EXPECT_EQ(frames.find(1)->type, FrameType::kRecord);
  EXPECT_EQ(frames.find(2)->last_seq, 5U);
  EXPECT_EQ(frames.find(5)->first_seq, 2U);
  EXPECT_EQ(frames.find(6)->end, 60U);
  EXPECT_FALSE(frames.find(0));
  EXPECT_FALSE(frames.find(7));
  EXPECT_FALSE(FramesInFlight().find(1));
}

}  // namespace
}  // namespace crawlspool::client
