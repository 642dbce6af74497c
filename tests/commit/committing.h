// A committer on a forgetful disk, and where its batches come back to.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/commit/committer.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"
#include "tests/support/storage_calls.h"

namespace crawlspool::commit {

inline constexpr std::chrono::seconds kDeadline{30};
inline constexpr const char* kSegmentFile = test::kFirstSegment;

// Keeps what came back, in order; can hold the committer's thread at the next batch.
class Returned final : public CompletionSink {
 public:
  explicit Returned(test::ForgetfulDisk& disk) : disk_(disk) {}

  void completed(std::unique_ptr<AppendBatch> batch) override {
    std::unique_lock lock(mutex_);
    disk_.note((batch->stored ? "stored " : "not stored ") + std::to_string(batch->number));
    batches_.push_back(std::move(batch));
    changed_.notify_all();
    changed_.wait(lock, [this] { return !holding_; });
  }

  void written(std::vector<ConnectionMark> marks) override {
    const std::lock_guard lock(mutex_);
    for (const ConnectionMark& mark : marks) disk_.note("written " + std::to_string(mark.seq));
  }

  // The batches so far, once there are `count`.
  std::vector<AppendBatch*> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kDeadline, [&] { return batches_.size() >= count; })) << "no batch came back";
    std::vector<AppendBatch*> all;
    for (const auto& batch : batches_) all.push_back(batch.get());
    return all;
  }
  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return batches_.size();
  }
  // The oldest batch that was not taken yet.
  std::unique_ptr<AppendBatch> take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kDeadline, [&] { return !batches_.empty(); })) return nullptr;
    auto batch = std::move(batches_.front());
    batches_.erase(batches_.begin());
    return batch;
  }
  void hold(bool holding) {
    const std::lock_guard lock(mutex_);
    holding_ = holding;
    changed_.notify_all();
  }

 private:
  test::ForgetfulDisk& disk_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::unique_ptr<AppendBatch>> batches_;
  bool holding_ = false;
};

class OnForgetfulDisk : public ::testing::Test {
 protected:
  void TearDown() override { returned.hold(false); }

  void start(const Committer::Options& options = {}, std::uint64_t keep_free_bytes = 0) {
    spool_options.keep_free_bytes = keep_free_bytes;
    auto opened = test::open_spool(disk, clock, spool_options);
    ASSERT_TRUE(opened);
    spool = std::move(*opened);
    disk.forget_calls();
    committer = std::make_unique<Committer>(*spool, options, clock, [this](SpoolState state) {
      const std::lock_guard lock(states_mutex);
      states.push_back(state);
    });
  }

  // Waits for the end of what was submitted; false if the spool has failed.
  static bool finish(Committer& ending) {
    std::promise<void> finished;
    ending.finish([&finished] { finished.set_value(); });
    EXPECT_EQ(finished.get_future().wait_for(kDeadline), std::future_status::ready);
    return ending.state() != SpoolState::kFailed;
  }
  bool finish() { return finish(*committer); }

  std::unique_ptr<AppendBatch> batch(std::uint64_t number, const std::string& record = "{}",
                                     const std::string& rejects = {}) {
    auto made = std::make_unique<AppendBatch>();
    made->sink = &returned;
    made->number = number;
    const std::string line = record.empty() ? std::string() : test::spool_line(number, record);
    if (!line.empty()) {
      add_line(*made, line);
      made->records = 1;
      made->record_bytes = record.size();
    }
    if (!rejects.empty()) add_line(made->rejects, rejects);
    made->connections.push_back({1, number});
    made->first_taken_us = clock.monotonic_us();
    return made;
  }

  static void add_line(AppendBatch& batch, std::string_view line) { add_line(batch.lines, line); }
  static void add_line(LineChunks& chunks, std::string_view line) {
    std::copy(line.begin(), line.end(), chunks.reserve(line.size()));
    chunks.commit(line.size());
  }

  // Submits `rest` behind `first`, which comes back alone; they are taken together once the committer is let go.
  void hold_behind(std::unique_ptr<AppendBatch> first, std::vector<std::unique_ptr<AppendBatch>> rest) {
    returned.hold(true);
    const std::size_t had = returned.count();
    committer->submit(std::move(first));
    returned.wait_for(had + 1);
    for (auto& made : rest) committer->submit(std::move(made));
  }

  static void wait_until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
    ASSERT_TRUE(condition());
  }
  void wait_for_state(SpoolState state) {
    wait_until([&] { return committer->state() == state; });
  }
  [[nodiscard]] std::vector<SpoolState> states_so_far() {
    const std::lock_guard lock(states_mutex);
    return states;
  }
  [[nodiscard]] std::vector<std::uint64_t> seqs_on_disk() const { return test::seqs_in(test::whole_spool(disk)); }
  [[nodiscard]] std::size_t place(test::Call call, std::string_view name_end) const {
    return test::place_of(disk, call, name_end);
  }

  test::ForgetfulDisk disk;
  test::ManualClock clock;
  spool::SpoolOptions spool_options{.rejected_bytes_max = 64 * 1024 * 1024};
  Returned returned{disk};
  std::mutex states_mutex;
  std::vector<SpoolState> states;
  std::unique_ptr<spool::Spool> spool;
  std::unique_ptr<Committer> committer;
};

}  // namespace crawlspool::commit
