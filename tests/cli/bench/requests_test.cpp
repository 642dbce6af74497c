#include "cli/bench/requests.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "proto/frame.h"

namespace crawlspool::bench {
namespace {

using proto::FrameType;

const Records kRecords{"test", {"1", "22", "333", "4444", "55555"}};

std::string frame(FrameType type, std::string_view payload) {
  std::string text;
  proto::append_frame(text, type, payload);
  return text;
}

Requests made(Mode mode, std::uint64_t batch = 1) {
  return make_requests(mode, kRecords, {.http_host = "h:1", .batch_records = batch});
}

// All of them.
Requests::Run whole(const Requests& requests) { return requests.run_from(0, 1U << 30, 1U << 30); }

TEST(Requests, HttpSendsOneRecordARequest) {
  const Requests requests = made(Mode::kHttpClose);
  EXPECT_EQ(requests.count(), 5U);
  EXPECT_EQ(requests.run_from(1, 1, 1).bytes,
            "POST /v1/records HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "Connection: close\r\n\r\n22");
  EXPECT_EQ(made(Mode::kHttpKeepAlive).run_from(0, 1, 1).bytes,
            "POST /v1/records HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n1");
}

TEST(Requests, NdjsonBodiesHoldABatchEach) {
  const Requests requests = made(Mode::kHttpNdjson, 3);
  ASSERT_EQ(requests.count(), 2U);
  EXPECT_EQ(requests.run_from(1, 1, 1).bytes,
            "POST /v1/records HTTP/1.1\r\nHost: h:1\r\nContent-Type: application/x-ndjson\r\nContent-Length: 11\r\n\r\n"
            "4444\n55555\n");
}

TEST(Requests, TheSocketGetsFrames) {
  for (const Mode mode : {Mode::kOneAtATime, Mode::kPipelined})
    EXPECT_EQ(whole(made(mode)).bytes, frame(FrameType::kRecord, "1") + frame(FrameType::kRecord, "22") +
                                           frame(FrameType::kRecord, "333") + frame(FrameType::kRecord, "4444") +
                                           frame(FrameType::kRecord, "55555"));
  EXPECT_EQ(whole(made(Mode::kBatches, 2)).bytes, frame(FrameType::kBatch, "1\n22\n") +
                                                      frame(FrameType::kBatch, "333\n4444\n") +
                                                      frame(FrameType::kBatch, "55555\n"));
}

TEST(Requests, ZstdBatchesDecompressToBatches) {
  const Requests requests = made(Mode::kZstdBatches, 2);
  EXPECT_EQ(requests.count(), 3U);
  const std::string_view first = requests.run_from(0, 1, 1).bytes;
  EXPECT_EQ(proto::decode_header(first).type, static_cast<int>(FrameType::kZstdBatch));
  std::string plain(100, '\0');
  plain.resize(ZSTD_decompress(plain.data(), plain.size(), first.data() + 4, first.size() - 4));
  EXPECT_EQ(plain, "1\n22\n");
}

TEST(Requests, RedisGetsOneXaddARecord) {
  EXPECT_EQ(made(Mode::kRedisPipelined).run_from(1, 1, 1).bytes,
            "*5\r\n$4\r\nXADD\r\n$7\r\nrecords\r\n$1\r\n*\r\n$1\r\nr\r\n$2\r\n22\r\n");
}

TEST(Requests, ARunCountsRecordsAndTheirOwnBytes) {
  const Requests requests = made(Mode::kBatches, 2);
  const Requests::Run run = whole(requests);
  EXPECT_EQ(run.requests, 3U);
  EXPECT_EQ(run.records, 5U);
  EXPECT_EQ(run.record_bytes, 15U);
  const Requests::Run last = requests.run_from(2, 1U << 30, 1U << 30);
  EXPECT_EQ(last.requests, 1U);
  EXPECT_EQ(last.records, 1U);
  EXPECT_EQ(last.record_bytes, 5U);
}

TEST(Requests, ARunKeepsToItsLimitsButHoldsOneRequest) {
  const Requests requests = made(Mode::kBatches, 2);
  EXPECT_EQ(requests.run_from(0, 1U << 30, 4).requests, 2U);
  EXPECT_EQ(requests.run_from(0, 1U << 30, 3).requests, 1U);
  EXPECT_EQ(requests.run_from(0, 1U << 30, 1).requests, 1U);
  const std::size_t two = requests.run_from(0, 1U << 30, 4).bytes.size();
  EXPECT_EQ(requests.run_from(0, two, 100).requests, 2U);
  EXPECT_EQ(requests.run_from(0, two - 1, 100).requests, 1U);
}

TEST(Requests, BatchesEndAtAMegabyteAndALargerRecordGoesAlone) {
  const std::string large(2 * 1024 * 1024, '1');
  const std::string half(600 * 1024, '1');
  const Requests requests =
      make_requests(Mode::kBatches, {"large", {"1", large, "2", half, half}}, {.http_host = {}, .batch_records = 100});
  ASSERT_EQ(requests.count(), 4U);
  EXPECT_EQ(requests.run_from(1, 1, 1).record_bytes, large.size());
  EXPECT_EQ(requests.run_from(2, 1, 1).records, 2U);
}

}  // namespace
}  // namespace crawlspool::bench
