// What one record costs on its way from the read buffer to the batch: cutting the frame, checking the JSON, writing the
// line with its CRC. Argument: bytes of the record. Reports bytes of records a second.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "daemon/ingest/record_checker.h"
#include "daemon/spool/line.h"
#include "proto/frame_decoder.h"

namespace {

using crawlspool::ingest::RecordChecker;
using crawlspool::proto::Frame;
using crawlspool::proto::FrameDecoder;
using crawlspool::proto::FrameType;

constexpr std::size_t kDepthMax = 200;

// A crawl result of about `bytes`: a few members, and a text with some escapes and some UTF-8 in it.
std::string sample_record(std::size_t bytes) {
  std::string record = R"({"url":"https://example.com/a/b?c=1","status":200,"fetched":1763611506.25,"text":")";
  while (record.size() + 2 < bytes) record += "plain words, a \\\"quote\\\", größer, 漢字; ";
  return record + "\"}";
}

std::string padded(std::string text) {
  text.reserve(text.size() + FrameDecoder::kPaddingBytes);
  return text;
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

void bm_check(benchmark::State& state) {
  const std::string record = padded(sample_record(static_cast<std::size_t>(state.range(0))));
  RecordChecker checker(kDepthMax);
  for (auto _ : state) benchmark::DoNotOptimize(checker.check(record));
  count_bytes(state, record.size());
}

void bm_write_line(benchmark::State& state) {
  const std::string record = sample_record(static_cast<std::size_t>(state.range(0)));
  const auto origin = crawlspool::spool::make_origin("tcp", "127.0.0.1:51234");
  char timestamp[crawlspool::base::kTimestampBytes];
  crawlspool::base::format_timestamp(1'763'611'506'123'456, timestamp);
  std::vector<char> out(crawlspool::spool::envelope_bytes_max(origin) + record.size());
  std::uint64_t seq = 0;
  for (auto _ : state)
    benchmark::DoNotOptimize(crawlspool::spool::write_line(out.data(), timestamp, origin, ++seq, record));
  count_bytes(state, record.size());
}

void bm_decode_frames(benchmark::State& state) {
  const std::string record = sample_record(static_cast<std::size_t>(state.range(0)));
  std::string stream;
  while (stream.size() < std::size_t{64} * 1024) crawlspool::proto::append_frame(stream, FrameType::kRecord, record);
  stream = padded(stream);
  for (auto _ : state) {
    FrameDecoder decoder({.record_bytes_max = 1U << 24, .batch_bytes_max = 1U << 25});
    std::string_view input = stream;
    Frame frame{};
    while (decoder.next(input, frame) == FrameDecoder::Step::kFrame) benchmark::DoNotOptimize(frame.payload);
  }
  count_bytes(state, stream.size());
}

BENCHMARK(bm_check)->Arg(250)->Arg(4096)->Arg(200'000);
BENCHMARK(bm_write_line)->Arg(250)->Arg(4096)->Arg(200'000);
BENCHMARK(bm_decode_frames)->Arg(250)->Arg(4096);

}  // namespace
