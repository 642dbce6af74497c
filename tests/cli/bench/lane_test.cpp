#include "cli/bench/lane.h"

#include <gtest/gtest.h>

#include "proto/frame.h"
#include "proto/messages.h"
#include "tests/cli/bench/listening.h"

namespace crawlspool::bench {
namespace {

const Records kRecords{"test", {"1", "2", "3"}};

std::string frames(const std::vector<std::string>& records) {
  std::string text;
  for (const std::string& record : records) proto::append_frame(text, proto::FrameType::kRecord, record);
  return text;
}

std::string http_answer() {
  const std::string body = R"({"accepted":1,"rejected":[]})";
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class LaneTest : public ::testing::Test {
 protected:
  // Connected and greeted, with all its records to send.
  Accepted start(Mode mode, std::uint64_t outstanding_max, std::uint64_t batch_records = 1) {
    make(mode, outstanding_max, batch_records);
    EXPECT_TRUE(lane->open());
    Accepted peer = listener.accept();
    EXPECT_FALSE(peer.read().empty());
    EXPECT_FALSE(lane->is_open());
    std::string welcome;
    proto::append_welcome(welcome, {.server = "test"});
    peer.write(welcome);
    EXPECT_TRUE(turn());
    EXPECT_TRUE(lane->is_open());
    EXPECT_EQ(peer.read_what_is_there(), "") << "a record before its time";
    EXPECT_TRUE(lane->start(budget));
    return peer;
  }

  void make(Mode mode, std::uint64_t outstanding_max, std::uint64_t batch_records = 1) {
    requests = make_requests(mode, kRecords, {.http_host = "h", .batch_records = batch_records});
    lane = std::make_unique<Lane>(Lane::Options{listener.at(), info(mode).transport, AckLevel::kSynced,
                                                mode == Mode::kHttpClose, outstanding_max},
                                  0, requests, readiness, tally);
  }

  // Takes what has come for it.
  base::Result<void> turn() {
    const auto ready = readiness.wait(kDeadlineMs);
    EXPECT_EQ(ready.size(), 1U) << "nothing came for it";
    return lane->on_ready(ready.front(), buffer);
  }
  base::Result<void> ack(const Accepted& peer, std::uint64_t seq) {
    std::string text;
    proto::append_ack(text, seq);
    peer.write(text);
    return turn();
  }

  Listening listener;
  Readiness readiness = Readiness::open().value();
  Tally tally;
  Requests requests;
  Budget budget{{.records_min = 8, .duration_min_us = 0, .duration_max_us = 1'000'000'000'000'000}, 0};
  std::string buffer = std::string(4096, '\0');
  std::unique_ptr<Lane> lane;
};

TEST_F(LaneTest, OneAtATimeSendsTheNextRecordOnceTheLastIsAcked) {
  const Accepted peer = start(Mode::kOneAtATime, 1);
  const std::vector<std::string> sent{"1", "2", "3", "1",
                                      "2", "3", "1", "2"};  // after the last request the first one follows
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(peer.read_what_is_there(), frames({sent[i]})) << i;
    EXPECT_TRUE(ack(peer, i + 1));
  }
  EXPECT_EQ(peer.read_what_is_there(), "");
  EXPECT_EQ(tally.acked, 8U);
  EXPECT_EQ(tally.record_bytes, 8U);
  EXPECT_EQ(tally.latency.count(), 8U);
}

TEST_F(LaneTest, PipelinedSendsAsFarAsItsWindowIsOpen) {
  const Accepted peer = start(Mode::kPipelined, 4);
  EXPECT_EQ(peer.read_what_is_there(), frames({"1", "2", "3", "1"}));
  EXPECT_TRUE(ack(peer, 1));
  EXPECT_EQ(peer.read_what_is_there(), frames({"2"}));
  EXPECT_TRUE(ack(peer, 4));
  EXPECT_EQ(peer.read_what_is_there(), frames({"3", "1", "2"}));
  EXPECT_TRUE(ack(peer, 8));
  EXPECT_EQ(peer.read_what_is_there(), "");
  EXPECT_EQ(tally.acked, 8U);
  EXPECT_EQ(tally.latency.count(), 8U);
}

TEST_F(LaneTest, ARequestLargerThanTheWindowGoesAlone) {
  const Accepted peer = start(Mode::kBatches, 2, 3);
  std::string batch;
  proto::append_frame(batch, proto::FrameType::kBatch, "1\n2\n3\n");
  for (const std::uint64_t seq : {3U, 6U, 9U}) {  // the last one goes whole
    EXPECT_EQ(peer.read_what_is_there(), batch);
    EXPECT_TRUE(ack(peer, seq - 1));
    EXPECT_EQ(peer.read_what_is_there(), "");
    EXPECT_TRUE(ack(peer, seq));
  }
  EXPECT_EQ(tally.acked, 9U);
}

TEST_F(LaneTest, AConnectionARecordIsANewOneForEach) {
  make(Mode::kHttpClose, 1);
  EXPECT_TRUE(lane->open());
  EXPECT_TRUE(lane->is_open());
  EXPECT_TRUE(lane->start(budget));
  for (int i = 0; i < 8; ++i) {
    const Accepted peer = listener.accept();
    EXPECT_NE(peer.read().find("\r\nConnection: close\r\n\r\n" + kRecords.texts[i % 3]), std::string::npos);
    peer.write(http_answer());
    EXPECT_TRUE(turn());
    EXPECT_EQ(peer.read(), "") << "it is still open";
  }
  EXPECT_EQ(tally.acked, 8U);
  EXPECT_EQ(tally.latency.count(), 8U);
}

TEST_F(LaneTest, AnAckOfWhatWasNotSentIsAnErrorThatNamesTheServer) {
  const Accepted peer = start(Mode::kPipelined, 4);
  const auto acked = ack(peer, 5);
  ASSERT_FALSE(acked);
  EXPECT_EQ(acked.error().message(), listener.at().to_string() + " acks more than was sent");
}

TEST_F(LaneTest, AnEndMidwayIsAnErrorThatNamesTheServer) {
  {
    const Accepted peer = start(Mode::kOneAtATime, 1);
    EXPECT_FALSE(peer.read().empty());
  }
  const auto turned = turn();
  ASSERT_FALSE(turned);
  EXPECT_EQ(turned.error().message(), listener.at().to_string() + " closed the connection without a word");
}

}  // namespace
}  // namespace crawlspool::bench
