// Cutting frames out of what was read, 64 KiB of them at a time. Argument: bytes of a record. copy is the yardstick:
// what it takes to touch as many bytes once.
#include <cstring>
#include <vector>

#include "tests/bench/sample_record.h"

namespace crawlspool::microbench {
namespace {

std::string frames_of(const std::string& record) {
  std::string stream;
  while (stream.size() < std::size_t{64} * 1024) proto::append_frame(stream, proto::FrameType::kRecord, record);
  stream.reserve(stream.size() + proto::FrameDecoder::kPaddingBytes);
  return stream;
}

void decode_frames(benchmark::State& state) {
  const std::string stream = frames_of(sample_record(state));
  for (auto _ : state) {
    proto::FrameDecoder decoder({.record_bytes_max = 1U << 24, .batch_bytes_max = 1U << 25});
    std::string_view input = stream;
    proto::Frame frame{};
    while (decoder.next(input, frame) == proto::FrameDecoder::Step::kFrame) benchmark::DoNotOptimize(frame.payload);
  }
  count_bytes(state, stream.size());
}

void copy(benchmark::State& state) {
  const std::string record = sample_record(state);
  std::vector<char> out(record.size());
  for (auto _ : state) {
    std::memcpy(out.data(), record.data(), record.size());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state, record.size());
}

BENCHMARK(copy)->Arg(250)->Arg(4096)->Arg(200'000);
BENCHMARK(decode_frames)->Arg(250)->Arg(4096);

}  // namespace
}  // namespace crawlspool::microbench
