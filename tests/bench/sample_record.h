// What the micro-benchmarks measure with.
#pragma once

#include <benchmark/benchmark.h>

#include <string>

#include "proto/frame_decoder.h"

namespace crawlspool::microbench {

// A crawl result of about `bytes`: a few members, and a text with some escapes and some UTF-8 in it. Padding is
// readable behind it.
inline std::string sample_record(std::size_t bytes) {
  std::string record = R"({"url":"https://example.com/a/b?c=1","status":200,"fetched":1763611506.25,"text":")";
  while (record.size() + 2 < bytes) record += "plain words, a \\\"quote\\\", größer, 漢字; ";
  record += "\"}";
  record.reserve(record.size() + proto::FrameDecoder::kPaddingBytes);
  return record;
}

inline std::string sample_record(const benchmark::State& state) {
  return sample_record(static_cast<std::size_t>(state.range(0)));
}

inline void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * static_cast<std::int64_t>(bytes));
}

}  // namespace crawlspool::microbench
