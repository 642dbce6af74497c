#include "cli/bench/records.h"

#include <poll.h>

#include <algorithm>

#include "cli/common/console.h"
#include "cli/common/human.h"
#include "cli/common/record_source.h"
#include "cli/common/stop_signals.h"

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::fail;

constexpr std::size_t kBytesMax = 64 * 1024 * 1024;
constexpr std::size_t kRecordBytesMax = kBytesMax;
constexpr int kLookAroundMs = 200;

constexpr const char* kMessage = R"({"aaa": "bbb"})";
constexpr std::uint64_t kEnough = 10'000;  // more of the same would only fill the processor's caches
constexpr std::size_t kEnoughBytes = 1024 * 1024;

}  // namespace

void repeat_few(Records& records) {
  const std::size_t count = records.texts.size();
  std::size_t bytes = 0;
  for (const std::string& text : records.texts) bytes += text.size();
  for (std::size_t held = bytes; held < kEnoughBytes && records.texts.size() < kEnough; held += bytes)
    for (std::size_t i = 0; i < count; ++i) records.texts.push_back(records.texts[i]);
}

Records origin_records(std::uint64_t count) {
  return {kMessage, std::vector<std::string>(std::clamp<std::uint64_t>(count, 1, kEnough), kMessage)};
}

base::Result<Records> read_records(const std::string& file) {
  cli::RecordSource source({file}, kRecordBytesMax);
  CRAWLSPOOL_TRY(source.check_files());
  Records records{cli::shown(file == "-" ? "<stdin>" : file), {}};
  std::size_t bytes = 0;
  while (!cli::stop_requested()) {
    cli::RecordLine line{};
    const auto step = source.next(line);
    if (step == cli::RecordSource::Step::kFileFailed) return tl::unexpected(source.error());
    if (step == cli::RecordSource::Step::kEnd) break;
    if (step == cli::RecordSource::Step::kNothingYet) {
      pollfd waiting{source.fd(), POLLIN, 0};
      ::poll(&waiting, 1, kLookAroundMs);
      continue;
    }
    bytes += line.bytes.size();
    if (line.is_too_long || bytes > kBytesMax) {
      records.name += " (its first " + cli::counted(records.texts.size(), "record") + ")";
      break;
    }
    records.texts.emplace_back(line.bytes);
  }
  if (records.texts.empty()) return fail(ErrorCode::kNotFound, records.name + ": no record to measure with");
  repeat_few(records);
  return records;
}

}  // namespace crawlspool::bench
