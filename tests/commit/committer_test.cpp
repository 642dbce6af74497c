#include "daemon/commit/committer.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>

#include "tests/commit/committing.h"

namespace crawlspool::commit {
namespace {

using config::SyncPolicy;
using test::Call;

class CommitterTest : public OnForgetfulDisk {
 protected:
  // Submits all of them so that they are taken together, behind batch `first`, which is stored alone.
  void submit_together(std::unique_ptr<AppendBatch> first, std::vector<std::unique_ptr<AppendBatch>> rest) {
    const std::size_t expected = returned.count() + 1 + rest.size();
    hold_behind(std::move(first), std::move(rest));
    returned.hold(false);
    returned.wait_for(expected);
  }
};

TEST_F(CommitterTest, ABatchComesBackStoredOnlyAfterItsSync) {
  start();
  for (std::uint64_t n = 1; n <= 20; ++n) {
    disk.forget_calls();
    committer->submit(batch(n));
    EXPECT_TRUE(returned.wait_for(n).back()->stored);
    EXPECT_LT(place(Call::kWrite, kSegmentFile), place(Call::kSyncData, kSegmentFile));
    EXPECT_LT(place(Call::kSyncData, kSegmentFile), place(Call::kWrite, "durable"));
    EXPECT_LT(place(Call::kWrite, "durable"), place(Call::kNote, "stored " + std::to_string(n)));
  }
  disk.crash();
  EXPECT_EQ(seqs_on_disk().size(), 20U);
}

TEST_F(CommitterTest, RejectsAreSyncedBeforeTheBatchComesBack) {
  start();
  committer->submit(batch(1, "{}", "rejected 1\n"));
  committer->submit(batch(2, "", "rejected 2\n"));  // nothing for the segment
  EXPECT_TRUE(returned.wait_for(2).back()->stored);
  EXPECT_LT(place(Call::kWrite, ".ndjson"), place(Call::kSyncData, ".ndjson"));
  EXPECT_LT(place(Call::kSyncData, ".ndjson"), place(Call::kNote, "stored 1"));
  disk.crash();
  EXPECT_EQ(disk.content("rejected/00000000000000000000.ndjson"), "rejected 1\nrejected 2\n");
  EXPECT_EQ(seqs_on_disk(), std::vector<std::uint64_t>{1});
}

TEST_F(CommitterTest, WhatComesTogetherSharesOneSync) {
  start();
  std::vector<std::unique_ptr<AppendBatch>> rest;
  for (std::uint64_t n = 2; n <= 50; ++n) rest.push_back(batch(n));
  submit_together(batch(1), std::move(rest));
  EXPECT_EQ(disk.count(Call::kSyncData, kSegmentFile), 2U);
  std::vector<std::uint64_t> expected(50);
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(seqs_on_disk(), expected);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_EQ(returned.wait_for(50)[i]->number, i + 1);
  EXPECT_TRUE(finish());
  EXPECT_EQ(committer->stats().commits, 2U);
  EXPECT_EQ(committer->stats().syncs, 2U);
}

TEST_F(CommitterTest, ACommitIsBounded) {
  start();
  const std::string large(12 * 1024 * 1024, 'r');
  std::vector<std::unique_ptr<AppendBatch>> rest;
  for (std::uint64_t n = 2; n <= 7; ++n) rest.push_back(batch(n, "", large));
  submit_together(batch(1), std::move(rest));
  EXPECT_EQ(committer->stats().commits, 4U);  // of 12 MiB each no more than two fit into one
}

TEST_F(CommitterTest, CountsWhatItStored) {
  start();
  auto first = batch(1, R"({"a":1})", "rejected\n");
  first->rejects_by_code = {1, 2, 3, 4, 5};
  committer->submit(std::move(first));
  returned.wait_for(1);
  auto second = batch(2, "12");
  second->rejects_by_code = {10, 0, 0, 0, 0};
  clock.advance_ms(7);
  committer->submit(std::move(second));
  returned.wait_for(2);
  const CommitStats stats = committer->stats();
  EXPECT_EQ(stats.records, 2U);
  EXPECT_EQ(stats.record_bytes, 9U);
  EXPECT_EQ(stats.rejects_by_code, (std::array<std::uint64_t, proto::kRejectCodes>{11, 2, 3, 4, 5}));
  EXPECT_EQ(stats.position, disk.content(kSegmentFile).value_or("").size());
  EXPECT_EQ(stats.durable, stats.position);
  EXPECT_EQ(stats.rejected_bytes, 9U);
  EXPECT_EQ(stats.last_proof_us, clock.monotonic_us());
  EXPECT_GT(committer->latency().quantile_ms(1.0, clock.monotonic_us()), 0);
}

TEST_F(CommitterTest, AfterAFailedSyncAllComesBackNotStoredAndNothingMoreIsWritten) {
  for (const Call failing : {Call::kSyncData, Call::kWrite}) {
    committer.reset();
    disk = test::ForgetfulDisk();
    states.clear();
    start();
    const std::size_t had = returned.count();
    disk.fail({failing, EIO, kSegmentFile});
    committer->submit(batch(1, "{}", ""));
    EXPECT_FALSE(returned.wait_for(had + 1).back()->stored);
    EXPECT_EQ(committer->state(), SpoolState::kFailed);
    disk.clear_faults();
    disk.forget_calls();
    for (std::uint64_t n = 2; n <= 10; ++n) committer->submit(batch(n, "{}", "rejected\n"));
    for (const AppendBatch* made : returned.wait_for(had + 10)) EXPECT_FALSE(made->stored);
    EXPECT_FALSE(finish());
    EXPECT_EQ(disk.changes(), 0U);
    EXPECT_EQ(states_so_far(), std::vector<SpoolState>{SpoolState::kFailed});
    EXPECT_EQ(committer->stats().records, 0U);
    EXPECT_EQ(committer->stats().durable, 0U);
  }
}

TEST_F(CommitterTest, AFailedSyncOfRejectsIsFinalToo) {
  start();
  disk.fail({Call::kSyncData, EIO, ".ndjson"});
  committer->submit(batch(1, "{}", "rejected\n"));
  EXPECT_FALSE(returned.wait_for(1).back()->stored);
  EXPECT_EQ(disk.count(Call::kWrite, kSegmentFile), 0U);
  EXPECT_FALSE(finish());
}

TEST_F(CommitterTest, ACutThatFailsOnAFullDiskIsFinalAndNotWaitedFor) {
  start();
  disk.fail({Call::kSyncData, ENOSPC, kSegmentFile});
  disk.fail({Call::kSync, ENOSPC, kSegmentFile});
  committer->submit(batch(1));
  EXPECT_FALSE(returned.wait_for(1).back()->stored);
  EXPECT_EQ(committer->state(), SpoolState::kFailed);
}

TEST_F(CommitterTest, FinishCommitsEverythingAndClosesTheSegment) {
  start();
  const std::uint64_t free_before = disk.free_bytes();
  for (std::uint64_t n = 1; n <= 100; ++n) committer->submit(batch(n, n % 3 == 0 ? "" : "{}", "rejected\n"));
  EXPECT_TRUE(finish());
  EXPECT_EQ(returned.count(), 100U);
  for (const AppendBatch* made : returned.wait_for(100)) EXPECT_TRUE(made->stored);
  const CommitStats stats = committer->stats();
  EXPECT_EQ(stats.durable, stats.position);
  const std::uint64_t snapshot_bytes = disk.content(spool::kSnapshotName).value_or("").size();
  EXPECT_EQ(disk.free_bytes(), free_before - stats.position - stats.rejected_bytes - snapshot_bytes);
  disk.crash();
  EXPECT_EQ(seqs_on_disk().size(), 67U);
}

TEST_F(CommitterTest, WithoutSyncsABatchComesBackWrittenAndTheEndSyncs) {
  start({.sync = SyncPolicy::kNever});
  EXPECT_FALSE(committer->syncs_before_ack());
  for (std::uint64_t n = 1; n <= 5; ++n) {
    committer->submit(batch(n));
    EXPECT_TRUE(returned.wait_for(n).back()->stored);
  }
  EXPECT_EQ(disk.count(Call::kSyncData), 0U);
  EXPECT_EQ(committer->stats().durable, 0U);
  EXPECT_TRUE(finish());
  disk.crash();
  EXPECT_EQ(seqs_on_disk().size(), 5U);
}

TEST_F(CommitterTest, WithAnIntervalASyncFollowsWhenItIsDueEvenWithoutMoreLines) {
  start({.sync = SyncPolicy::kInterval, .sync_interval_ms = 10});
  committer->submit(batch(1));  // the first is due at once
  returned.wait_for(1);
  ASSERT_EQ(disk.count(Call::kSyncData, kSegmentFile), 1U);
  committer->submit(batch(2));
  committer->submit(batch(3));
  EXPECT_TRUE(returned.wait_for(3).back()->stored);
  EXPECT_EQ(disk.count(Call::kSyncData, kSegmentFile), 1U);
  clock.advance_ms(10);
  wait_until([&] { return disk.count(Call::kSyncData, kSegmentFile) == 2; });
  wait_until([&] { return committer->stats().durable == committer->stats().position; });
  EXPECT_TRUE(finish());
  EXPECT_EQ(committer->stats().syncs, 2U);
}

TEST_F(CommitterTest, AProbeIsASyncedWriteWhateverThePolicy) {
  for (const SyncPolicy policy : {SyncPolicy::kAlways, SyncPolicy::kInterval, SyncPolicy::kNever}) {
    committer.reset();
    disk = test::ForgetfulDisk();
    start({.sync = policy, .sync_interval_ms = 1'000'000'000});
    auto probe = batch(1, "");
    probe->is_probe = true;
    clock.advance_ms(5);
    const std::size_t had = returned.count();
    committer->submit(std::move(probe));
    EXPECT_TRUE(returned.wait_for(had + 1).back()->stored);
    EXPECT_EQ(disk.count(Call::kSyncData, "durable"), 1U);
    EXPECT_EQ(committer->stats().last_proof_us, clock.monotonic_us());
  }
}

TEST_F(CommitterTest, AProbeCountsAlsoWhenOthersCameBehindIt) {
  start({.sync = SyncPolicy::kNever});
  auto probe = batch(2, "");
  probe->is_probe = true;
  std::vector<std::unique_ptr<AppendBatch>> rest;
  rest.push_back(std::move(probe));
  rest.push_back(batch(3));
  clock.advance_ms(5);
  submit_together(batch(1), std::move(rest));
  EXPECT_EQ(disk.count(Call::kSyncData, "durable"), 1U);
  EXPECT_EQ(committer->stats().last_proof_us, clock.monotonic_us());
}

// With a sync a microsecond ahead the thread looks again and again: what is submitted between its look at the queue
// and its look at the end must not be left behind.
TEST_F(CommitterTest, NothingSubmittedBeforeTheEndIsLeftBehind) {
  start({.sync = SyncPolicy::kNever});
  ASSERT_TRUE(finish());
  for (std::uint64_t n = 1; n <= 3000; n += 3) {
    Committer racing(*spool, {.sync = SyncPolicy::kInterval, .sync_interval_ms = 1}, clock, [](SpoolState) {});
    racing.submit(batch(n));
    returned.wait_for(n);
    clock.advance_us(999);
    racing.submit(batch(n + 1));
    returned.wait_for(n + 1);
    for (std::uint64_t spin = 0; spin < n % 100; ++spin) std::this_thread::yield();
    racing.submit(batch(n + 2));
    ASSERT_TRUE(finish(racing));
    ASSERT_EQ(returned.count(), n + 2);
    clock.advance_ms(1);
  }
}

TEST_F(CommitterTest, TellsHowLongACallHasTakenAndNothingWhileItIsIdle) {
  start();
  wait_until([&] { return committer->busy_us() == 0; });
  returned.hold(true);
  committer->submit(batch(1));
  returned.wait_for(1);  // it is held within a commit
  clock.advance_ms(7000);
  EXPECT_EQ(committer->busy_us(), 7'000'000);
  returned.hold(false);
  wait_until([&] { return committer->busy_us() == 0; });
}

}  // namespace
}  // namespace crawlspool::commit
