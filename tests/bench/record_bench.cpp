// What a record costs between its frame and the batch: checking the JSON, and writing the spool's line with its CRC.
// Argument: bytes of the record.
#include <vector>

#include "daemon/json/record_checker.h"
#include "daemon/spool/lines/line.h"
#include "tests/bench/sample_record.h"

namespace crawlspool::microbench {
namespace {

constexpr std::size_t kDepthMax = 200;

void check_record(benchmark::State& state) {
  const std::string record = sample_record(state);
  json::RecordChecker checker(kDepthMax);
  for (auto _ : state) benchmark::DoNotOptimize(checker.check(record));
  count_bytes(state, record.size());
}

void write_line(benchmark::State& state) {
  const std::string record = sample_record(state);
  const auto origin = spool::make_origin("stream", "127.0.0.1:51234");
  char timestamp[base::kTimestampBytes];
  base::format_timestamp(1'763'611'506'123'456, timestamp);
  std::vector<char> out(spool::envelope_bytes_max(origin) + record.size());
  std::uint64_t seq = 0;
  for (auto _ : state) benchmark::DoNotOptimize(spool::write_line(out.data(), timestamp, origin, ++seq, record));
  count_bytes(state, record.size());
}

BENCHMARK(check_record)->Arg(250)->Arg(4096)->Arg(200'000);
BENCHMARK(write_line)->Arg(250)->Arg(4096)->Arg(200'000);

}  // namespace
}  // namespace crawlspool::microbench
