// A full disk, or no descriptor, as the committer sees it: batches wait, and come back stored once it has passed.
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/commit/committing.h"

namespace crawlspool::commit {
namespace {

using config::SyncPolicy;
using test::Call;

constexpr std::uint64_t kMiB = 1024 * 1024;
const std::vector<SpoolState> kNoneThenOk{SpoolState::kNoDescriptors, SpoolState::kOk};
const std::vector<SpoolState> kFullThenOk{SpoolState::kDiskFull, SpoolState::kOk};

class CommitterOnFullDisk : public OnForgetfulDisk {
 protected:
  void TearDown() override {
    disk.set_capacity(1 << 30);  // the end waits for room
    OnForgetfulDisk::TearDown();
  }
};

TEST_F(CommitterOnFullDisk, BatchesWaitAndTheSameLinesAreStoredOnceWhenThereIsRoom) {
  start();
  committer->submit(batch(1));
  returned.wait_for(1);
  const std::string before = disk.content(kSegmentFile).value_or("");
  disk.set_capacity(0);
  // Beyond what is preallocated, so that it needs what is not there.
  const std::string large = '"' + std::string(65 * kMiB, 'x') + '"';
  committer->submit(batch(2, large, "rejected\n"));
  committer->submit(batch(3));
  wait_for_state(SpoolState::kDiskFull);
  EXPECT_EQ(returned.count(), 1U);
  EXPECT_EQ(disk.content(kSegmentFile), before);
  disk.set_capacity(1 << 30);
  for (const AppendBatch* made : returned.wait_for(3)) EXPECT_TRUE(made->stored);
  EXPECT_EQ(states_so_far(), kFullThenOk);
  EXPECT_TRUE(finish());
  EXPECT_EQ(seqs_on_disk(), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(disk.content("rejected/00000000000000000000.ndjson"), "rejected\n");
}

TEST_F(CommitterOnFullDisk, AfterAFullDiskAtTheSyncTheSameLinesAreThereOnce) {
  start();
  disk.fail({Call::kSyncData, ENOSPC, kSegmentFile});
  committer->submit(batch(1));
  EXPECT_TRUE(returned.wait_for(1).back()->stored);
  EXPECT_EQ(states_so_far(), kFullThenOk);
  disk.crash();
  EXPECT_EQ(seqs_on_disk(), std::vector<std::uint64_t>{1});
}

TEST_F(CommitterOnFullDisk, RejectsThatFindNoRoomHoldTheLinesBack) {
  start();
  disk.fail({Call::kSyncData, ENOSPC, ".ndjson"});
  committer->submit(batch(1, "{}", "rejected\n"));
  EXPECT_TRUE(returned.wait_for(1).back()->stored);
  EXPECT_LT(place(Call::kTruncate, ".ndjson"), place(Call::kWrite, kSegmentFile));
  EXPECT_EQ(states_so_far(), kFullThenOk);
  EXPECT_EQ(disk.content("rejected/00000000000000000000.ndjson"), "rejected\n");
}

TEST_F(CommitterOnFullDisk, ALowerKeepFreeMarkIsRoomForThoseThatWait) {
  disk.set_capacity(100 * kMiB);
  start({}, 50 * kMiB);
  disk.set_capacity(40 * kMiB);
  wait_for_state(SpoolState::kDiskFull);
  committer->submit(batch(1));
  EXPECT_EQ(returned.count(), 0U);
  spool_options.keep_free_bytes = 10 * kMiB;
  committer->set_live_options({{}, spool_options});
  EXPECT_TRUE(returned.wait_for(1).back()->stored);
  EXPECT_EQ(states_so_far(), kFullThenOk);
}

TEST_F(CommitterOnFullDisk, AHigherKeepFreeMarkCountsFromTheNextBatchOn) {
  disk.set_capacity(100 * kMiB);
  start();
  spool_options.keep_free_bytes = 200 * kMiB;
  committer->set_live_options({{}, spool_options});
  wait_for_state(SpoolState::kDiskFull);
}

TEST_F(CommitterOnFullDisk, TheKeepFreeMarkIsNoticedAndLeftWithoutAWrite) {
  disk.set_capacity(100 * kMiB);
  start({}, 50 * kMiB);
  EXPECT_EQ(committer->state(), SpoolState::kOk);
  disk.set_capacity(40 * kMiB);
  wait_for_state(SpoolState::kDiskFull);
  disk.set_capacity(52 * kMiB);  // above the mark, within the hysteresis
  wait_until([&] { return committer->stats().free_bytes > 50 * kMiB; });
  EXPECT_EQ(committer->state(), SpoolState::kDiskFull);
  disk.forget_calls();
  disk.set_capacity(100 * kMiB);
  wait_for_state(SpoolState::kOk);
  EXPECT_EQ(disk.changes(), 0U);
  committer->submit(batch(1));
  EXPECT_TRUE(returned.wait_for(1).back()->stored);
}

TEST_F(CommitterOnFullDisk, WhileItIsFullNoOneIsToldOtherwise) {
  disk.set_capacity(40 * kMiB);
  start({}, 50 * kMiB);
  wait_for_state(SpoolState::kDiskFull);
  committer->submit(batch(1, "{}", "rejected\n"));
  wait_until([&] { return disk.count(Call::kSyncData, ".ndjson") == 1; });  // the mark is for the segment
  disk.set_capacity(100 * kMiB);
  EXPECT_TRUE(returned.wait_for(1).back()->stored);
  wait_for_state(SpoolState::kOk);
  EXPECT_TRUE(finish());
  EXPECT_EQ(states_so_far(), kFullThenOk);
}

TEST_F(CommitterOnFullDisk, FinishWaitsForRoom) {
  start();
  disk.fail({Call::kWrite, ENOSPC, kSegmentFile});
  committer->submit(batch(1));
  EXPECT_TRUE(finish());
  EXPECT_TRUE(returned.wait_for(1).back()->stored);
}

TEST_F(CommitterOnFullDisk, WhatWasAckedAsWrittenCannotBeOfferedAgainSoItIsFinal) {
  start({.sync = SyncPolicy::kInterval, .sync_interval_ms = 10});
  committer->submit(batch(1));
  returned.wait_for(1);
  committer->submit(batch(2));
  EXPECT_TRUE(returned.wait_for(2).back()->stored);
  disk.fail({Call::kSyncData, ENOSPC, kSegmentFile});
  clock.advance_ms(10);
  wait_for_state(SpoolState::kFailed);
  EXPECT_FALSE(finish());
  EXPECT_EQ(states_so_far(), std::vector<SpoolState>{SpoolState::kFailed});
}

// Of a spool that is to begin a segment with each commit: what is missing is found by the tick before the second, too.
class CommitterAtRotation : public CommitterOnFullDisk {
 protected:
  using Faults = std::vector<test::ForgetfulDisk::Fault>;
  void SetUp() override { spool_options.segment_bytes_max = 1; }
  // Two commits, the second with these faults; what the states were.
  std::vector<SpoolState> states_with(const Faults& faults) {
    std::vector<std::unique_ptr<AppendBatch>> second;
    second.push_back(batch(2));
    hold_behind(batch(1), std::move(second));
    for (const auto& fault : faults) disk.fail(fault);
    returned.hold(false);
    for (const AppendBatch* made : returned.wait_for(2)) EXPECT_TRUE(made->stored);
    EXPECT_TRUE(finish());
    EXPECT_EQ(seqs_on_disk(), (std::vector<std::uint64_t>{1, 2}));
    return states_so_far();
  }
};

TEST_F(CommitterAtRotation, BatchesWaitForADescriptorForTheNextSegment) {
  start();
  EXPECT_EQ(states_with({{Call::kCreate, EMFILE, ".ndjson.open", 1, 3}}), kNoneThenOk);
}

TEST_F(CommitterAtRotation, TheSystemsTableOfFilesMayBeFullToo) {
  start();
  EXPECT_EQ(states_with({{Call::kCreate, ENFILE, ".ndjson.open", 1, 3}}), kNoneThenOk);
}

TEST_F(CommitterAtRotation, WhatIsLackingIsToldAsItChanges) {
  start();
  EXPECT_EQ(states_with({{Call::kCreate, EMFILE, ".ndjson.open", 1, 2}, {Call::kCreate, ENOSPC, ".ndjson.open"}}),
            (std::vector<SpoolState>{SpoolState::kNoDescriptors, SpoolState::kDiskFull, SpoolState::kOk}));
}

TEST_F(CommitterOnFullDisk, RejectsWaitForADescriptorToo) {
  start();
  disk.fail({Call::kCreate, EMFILE, ".ndjson"});
  committer->submit(batch(1, "", "rejected\n"));
  EXPECT_TRUE(returned.wait_for(1).back()->stored);
  wait_for_state(SpoolState::kOk);
  EXPECT_EQ(states_so_far(), kNoneThenOk);
  EXPECT_EQ(disk.content("rejected/00000000000000000001.ndjson").value_or(""), "rejected\n");
}

}  // namespace
}  // namespace crawlspool::commit
