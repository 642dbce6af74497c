#include "cli/bench/record_file.h"

#include <poll.h>

#include "cli/common/console.h"
#include "cli/common/human.h"
#include "cli/common/record_source.h"
#include "cli/common/stop_signals.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::size_t kBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kRecordBytesMax = kBytesMax;
constexpr int kLookAroundMs = 200;

}  // namespace

base::Result<bench::Records> read_bench_records(const std::string& file) {
  RecordSource source({file}, kRecordBytesMax);
  CRAWLSPOOL_TRY(source.check_files());
  bench::Records records{shown(file == "-" ? "<stdin>" : file), {}};
  std::size_t bytes = 0;
  while (!stop_requested()) {
    RecordLine line{};
    const RecordSource::Step step = source.next(line);
    if (step == RecordSource::Step::kFileFailed) return tl::unexpected(source.error());
    if (step == RecordSource::Step::kEnd) break;
    if (step == RecordSource::Step::kNothingYet) {
      pollfd waiting{source.fd(), POLLIN, 0};
      ::poll(&waiting, 1, kLookAroundMs);
      continue;
    }
    bytes += line.bytes.size();
    if (line.is_too_long || bytes > kBytesMax) {
      records.name += " (its first " + counted(records.texts.size(), "record") + ")";
      break;
    }
    records.texts.emplace_back(line.bytes);
  }
  if (records.texts.empty()) return fail(ErrorCode::kNotFound, records.name + ": no record to measure with");
  bench::repeat_few(records);
  return records;
}

}  // namespace crawlspool::cli
