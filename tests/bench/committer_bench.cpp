// A batch's way through the committer to the disk and back, on a real spool. Argument: records of 250 bytes in the
// batch. bare_commit is the yardstick: the same bytes by one write and one fdatasync to a preallocated file.
//
// The files are made in the working directory.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "daemon/base/unique_fd.h"
#include "daemon/commit/committer.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/storage/posix_file_system.h"
#include "tests/bench/sample_record.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::microbench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kRecordBytes = 250;
constexpr int kCommits = 200;  // of each kind: what they write is kept until the end
constexpr std::uint64_t kSegmentBytes = 256 * 1024 * 1024;

std::string lines_of(const benchmark::State& state) {
  const auto records = static_cast<std::size_t>(state.range(0));
  const std::string record = sample_record(kRecordBytes);
  const auto origin = spool::make_origin("stream", "127.0.0.1:51234");
  char timestamp[base::kTimestampBytes];
  base::format_timestamp(1'763'611'506'123'456, timestamp);
  const std::size_t line_bytes_max = spool::envelope_bytes_max(origin) + record.size();
  std::vector<char> out(records * line_bytes_max);
  char* end = out.data();
  for (std::size_t seq = 1; seq <= records; ++seq) end = spool::write_line(end, timestamp, origin, seq, record);
  return {out.data(), end};
}

// Where batches come back to.
class Returned final : public commit::CompletionSink {
 public:
  void completed(std::unique_ptr<commit::AppendBatch> batch) override {
    const std::lock_guard lock(mutex_);
    batch_ = std::move(batch);
    changed_.notify_one();
  }
  void written(std::vector<commit::ConnectionMark> /*marks*/) override {}

  std::unique_ptr<commit::AppendBatch> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return batch_ != nullptr; });
    return std::move(batch_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::unique_ptr<commit::AppendBatch> batch_;
};

std::unique_ptr<commit::AppendBatch> batch_of(const std::string& lines, std::int64_t records, Returned& returned) {
  auto batch = std::make_unique<commit::AppendBatch>();
  batch->sink = &returned;
  for (std::size_t at = 0, end = 0; at < lines.size(); at = end) {
    end = lines.find('\n', at) + 1;
    lines.copy(batch->lines.reserve(end - at), end - at, at);
    batch->lines.commit(end - at);
  }
  batch->records = static_cast<std::uint64_t>(records);
  batch->connections.push_back({1, batch->records});
  return batch;
}

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

void commit(benchmark::State& state) {
  const std::string lines = lines_of(state);
  const test::TempDir temp(".");
  const base::SystemClock clock;
  auto directory = spool::open_posix_directory(temp.file("spool"), spool::IfMissing::kCreate);
  if (!directory) return state.SkipWithError(directory.error().message().c_str());
  spool::SpoolOptions options;
  options.segment_bytes_max = kSegmentBytes;
  auto spool = spool::Spool::open(std::move(*directory), options, clock);
  if (!spool) return state.SkipWithError(spool.error().message().c_str());
  commit::Committer committer(**spool, {}, clock, [](commit::SpoolState) {});
  Returned returned;
  for (auto _ : state) {
    auto batch = batch_of(lines, state.range(0), returned);
    const auto start = Clock::now();
    committer.submit(std::move(batch));
    const bool stored = returned.wait()->stored;
    state.SetIterationTime(seconds_since(start));
    if (!stored) state.SkipWithError("a batch was not stored");
  }
  count_bytes(state, lines.size());
}

void bare_commit(benchmark::State& state) {
  const std::string lines = lines_of(state);
  const test::TempDir temp(".");
  const base::UniqueFd fd(::open(temp.file("bare").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  const auto whole = static_cast<off_t>(lines.size()) * kCommits;
  if (!fd.valid() || ::posix_fallocate(fd.get(), 0, whole) != 0 || ::fsync(fd.get()) != 0)
    return state.SkipWithError("the file cannot be made");
  for (auto _ : state) {
    const auto start = Clock::now();
    const bool stored = ::write(fd.get(), lines.data(), lines.size()) == static_cast<ssize_t>(lines.size()) &&
                        ::fdatasync(fd.get()) == 0;
    state.SetIterationTime(seconds_since(start));
    if (!stored) state.SkipWithError("write or fdatasync has failed");
  }
  count_bytes(state, lines.size());
}

BENCHMARK(bare_commit)->Arg(1)->Arg(100)->Arg(10'000)->Iterations(kCommits)->UseManualTime();
BENCHMARK(commit)->Arg(1)->Arg(100)->Arg(10'000)->Iterations(kCommits)->UseManualTime();

}  // namespace
}  // namespace crawlspool::microbench
