// A disk that runs full in the middle of a commit: what is in is acked, the rest waits, nothing is there twice, and a
// session's lease is granted with all that was acked before it.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/commit/committer.h"
#include "tests/commit/committing.h"

namespace crawlspool::commit {
namespace {

using test::Call;
using Numbers = std::vector<std::uint64_t>;
using Batches = std::vector<std::unique_ptr<AppendBatch>>;

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kCapacity = 100 * kMiB;  // too little for preallocation: each byte counts
constexpr std::size_t kRecordBytes = 1000;
constexpr spool::SessionKey kSession = 0x5f3a;
constexpr std::uint64_t kLeaseRequest = 100;
const std::vector<SpoolState> kFullThenOk{SpoolState::kDiskFull, SpoolState::kOk};

class CommitterOnPartlyFullDisk : public OnForgetfulDisk {
 protected:
  void SetUp() override { disk.set_capacity(kCapacity); }
  void TearDown() override {
    disk.set_capacity(kCapacity);  // the end waits for room
    OnForgetfulDisk::TearDown();
  }

  static std::string record() { return '"' + std::string(kRecordBytes - 2, 'x') + '"'; }
  Batches one_line_each(std::uint64_t from, std::uint64_t to, const std::string& rejects = {}) {
    Batches batches;
    for (std::uint64_t n = from; n <= to; ++n) batches.push_back(batch(n, record(), rejects));
    return batches;
  }
  // A batch of three records.
  std::unique_ptr<AppendBatch> three_lines(std::uint64_t first) {
    auto made = batch(first, record());
    for (const std::uint64_t seq : {first + 1, first + 2}) add_line(*made, test::spool_line(seq, record()));
    made->records = 3;
    return made;
  }
  // A record of the session, and a request for its lease.
  std::unique_ptr<AppendBatch> of_session(std::uint64_t seq, const std::string& rejects = {}) {
    auto made = rejects.empty() ? batch(seq, record()) : batch(seq, "", rejects);
    made->sessions.push_back({kSession, {"w"}, seq, rejects.empty() ? 0U : 1U});
    return made;
  }
  std::unique_ptr<AppendBatch> lease_request() {
    auto made = batch(kLeaseRequest, "");
    session::LeaseRequest request;
    request.session = kSession;
    request.owner.client = "w";
    made->lease_requests.push_back(request);
    return made;
  }
  // What was answered, of the batches that came back.
  session::LeaseReply answer(std::size_t count) {
    for (const AppendBatch* made : returned.wait_for(count)) {
      EXPECT_TRUE(made->stored);
      if (made->number == kLeaseRequest) return made->lease_requests.front().reply;
    }
    ADD_FAILURE() << "the request did not come back";
    return {};
  }
  // From now on the disk takes so many bytes more and no others.
  void leave_room_for(std::uint64_t bytes) {
    disk.set_capacity(kCapacity);
    disk.set_capacity(kCapacity - disk.free_bytes() + bytes);
  }
  // The batches that came back, all of them stored.
  Numbers stored(std::size_t count) {
    Numbers numbers;
    for (const AppendBatch* made : returned.wait_for(count)) {
      EXPECT_TRUE(made->stored);
      numbers.push_back(made->number);
    }
    return numbers;
  }
};

TEST_F(CommitterOnPartlyFullDisk, TheBatchesThatAreInAreAckedAtOnceAndTheRestWhenThereIsRoom) {
  start();
  hold_behind(batch(1), one_line_each(2, 5));
  leave_room_for(5 * kRecordBytes / 2);  // two lines, and a part of the third
  returned.hold(false);
  EXPECT_EQ(stored(3), (Numbers{1, 2, 3}));
  wait_for_state(SpoolState::kDiskFull);
  EXPECT_EQ(returned.count(), 3U);
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2, 3}));
  EXPECT_EQ(committer->stats().durable, disk.content(kSegmentFile).value_or("").size());
  EXPECT_LT(place(Call::kSyncData, kSegmentFile), place(Call::kNote, "stored 3"));
  disk.set_capacity(kCapacity);
  EXPECT_EQ(stored(5), (Numbers{1, 2, 3, 4, 5}));
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2, 3, 4, 5}));
  EXPECT_EQ(states_so_far(), kFullThenOk);
  EXPECT_EQ(committer->stats().records, 5U);
}

TEST_F(CommitterOnPartlyFullDisk, WhatWasAckedMeanwhileOutlivesACrash) {
  start();
  hold_behind(batch(1), one_line_each(2, 4));
  leave_room_for(3 * kRecordBytes / 2);
  returned.hold(false);
  EXPECT_EQ(stored(2), (Numbers{1, 2}));
  wait_for_state(SpoolState::kDiskFull);
  disk.crash();
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2}));
  disk.set_capacity(kCapacity);  // the process lives on, and so does what it holds
  stored(4);
}

TEST_F(CommitterOnPartlyFullDisk, ABatchOfWhichSomeLinesAreInIsNotAckedYet) {
  start();
  Batches rest;
  rest.push_back(three_lines(2));
  rest.push_back(three_lines(5));
  hold_behind(batch(1), std::move(rest));
  leave_room_for(9 * kRecordBytes / 2);  // the first batch and one line of the second
  returned.hold(false);
  wait_for_state(SpoolState::kDiskFull);
  EXPECT_EQ(stored(2), (Numbers{1, 2}));
  EXPECT_EQ(returned.count(), 2U);
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2, 3, 4, 5}));
  disk.set_capacity(kCapacity);
  EXPECT_EQ(stored(3), (Numbers{1, 2, 5}));
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(committer->stats().records, 7U);
}

TEST_F(CommitterOnPartlyFullDisk, WhereNoBatchIsInWhollyNothingWasCommitted) {
  start();
  Batches rest;
  rest.push_back(three_lines(2));
  hold_behind(batch(1), std::move(rest));
  leave_room_for(3 * kRecordBytes / 2);
  returned.hold(false);
  wait_for_state(SpoolState::kDiskFull);
  EXPECT_EQ(returned.count(), 1U);
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2}));
  disk.set_capacity(kCapacity);
  stored(2);
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(committer->stats().commits, 2U);
}

TEST_F(CommitterOnPartlyFullDisk, RejectsOfACommitInPiecesAreWrittenOnce) {
  start();
  hold_behind(batch(1), one_line_each(2, 4, "rejected\n"));
  leave_room_for(3 * kRecordBytes / 2 + 3 * 9);
  returned.hold(false);
  stored(2);
  wait_for_state(SpoolState::kDiskFull);
  disk.set_capacity(kCapacity);
  stored(4);
  EXPECT_EQ(disk.content("rejected/00000000000000000000.ndjson"), "rejected\nrejected\nrejected\n");
}

TEST_F(CommitterOnPartlyFullDisk, ASyncThatFindsNoRoomForTheFirstPieceTakesItBackAndNothingIsTwice) {
  start();
  hold_behind(batch(1), one_line_each(2, 5));
  leave_room_for(5 * kRecordBytes / 2);
  disk.fail({Call::kSyncData, ENOSPC, kSegmentFile});
  returned.hold(false);
  wait_for_state(SpoolState::kDiskFull);
  EXPECT_EQ(stored(3), (Numbers{1, 2, 3}));  // the second attempt at that piece
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2, 3}));
  disk.set_capacity(kCapacity);
  stored(5);
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2, 3, 4, 5}));
}

TEST_F(CommitterOnPartlyFullDisk, AnErrorBehindThePieceThatIsInTakesBackNoAck) {
  start();
  hold_behind(batch(1), one_line_each(2, 4));
  leave_room_for(3 * kRecordBytes / 2);
  returned.hold(false);
  EXPECT_EQ(stored(2), (Numbers{1, 2}));
  wait_for_state(SpoolState::kDiskFull);
  disk.fail({Call::kWrite, EIO, kSegmentFile});
  disk.set_capacity(kCapacity);
  const auto all = returned.wait_for(4);
  EXPECT_TRUE(all[0]->stored && all[1]->stored);
  EXPECT_FALSE(all[2]->stored || all[3]->stored);
  EXPECT_EQ(committer->state(), SpoolState::kFailed);
  EXPECT_EQ(committer->stats().records, 2U);
}

TEST_F(CommitterOnPartlyFullDisk, SeveralPiecesInARowAreStillOneRow) {
  start();
  hold_behind(batch(1), one_line_each(2, 9));
  leave_room_for(3 * kRecordBytes / 2);
  returned.hold(false);
  for (const std::size_t count : {2U, 4U, 6U}) {
    stored(count);
    wait_for_state(SpoolState::kDiskFull);
    leave_room_for(5 * kRecordBytes / 2);
  }
  disk.set_capacity(kCapacity);
  EXPECT_EQ(stored(9), (Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(seqs_on_disk(), (Numbers{1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

// Acked as written, with the sync an hour away or never: the answer before the rest's end is synced first.
TEST_F(CommitterOnPartlyFullDisk, AnAnswerOfTheFirstPieceCountsWhatItsCommitHasWrittenAndNotSynced) {
  for (const auto policy : {config::SyncPolicy::kInterval, config::SyncPolicy::kNever}) {
    disk = test::ForgetfulDisk();
    disk.set_capacity(kCapacity);
    start({policy, 3'600'000, {}});
    const std::size_t had = returned.count();
    committer->submit(of_session(1));
    returned.wait_for(had + 1);
    Batches rest = one_line_each(50, 50);
    rest.push_back(lease_request());
    rest.push_back(three_lines(200));
    hold_behind(of_session(2), std::move(rest));
    leave_room_for(5 * kRecordBytes / 2);  // 50, and one of the three
    returned.hold(false);
    const session::LeaseReply answered = answer(had + 4);
    wait_for_state(SpoolState::kDiskFull);
    EXPECT_TRUE(answered.known);
    EXPECT_EQ(answered.last_seq, 2U) << "what lies beyond comes again and is there twice";
    EXPECT_EQ(committer->stats().syncs, 1U);
    EXPECT_LT(place(Call::kSyncData, kSegmentFile), place(Call::kNote, "stored 100"));
    disk.set_capacity(kCapacity);
    returned.wait_for(had + 5);
    EXPECT_TRUE(finish());
    while (returned.count() > 0) static_cast<void>(returned.take());
  }
}

TEST_F(CommitterOnPartlyFullDisk, WhereNobodyAsksTheFirstPieceIsNotSynced) {
  start({config::SyncPolicy::kInterval, 3'600'000, {}});
  hold_behind(batch(1), one_line_each(2, 4));
  leave_room_for(3 * kRecordBytes / 2);
  returned.hold(false);
  EXPECT_EQ(stored(2), (Numbers{1, 2}));
  wait_for_state(SpoolState::kDiskFull);
  EXPECT_EQ(committer->stats().syncs, 0U);
}

TEST_F(CommitterOnPartlyFullDisk, AnAnswerOfTheFirstPieceCountsTheRejectsThatAreAckedWithIt) {
  for (const auto policy : {config::SyncPolicy::kAlways, config::SyncPolicy::kInterval}) {
    disk = test::ForgetfulDisk();
    disk.set_capacity(kCapacity);
    start({policy, 3'600'000, {}});
    const std::size_t had = returned.count();
    committer->submit(of_session(1));
    returned.wait_for(had + 1);
    Batches rest;
    rest.push_back(of_session(2, "rejected\n"));
    rest.push_back(lease_request());
    rest.push_back(three_lines(200));
    hold_behind(batch(50), std::move(rest));
    leave_room_for(3 * kRecordBytes / 2);  // one of the three
    returned.hold(false);
    const session::LeaseReply answered = answer(had + 4);
    EXPECT_EQ(answered.last_seq, 2U);
    EXPECT_EQ(answered.rejected, 1U);
    disk.set_capacity(kCapacity);
    returned.wait_for(had + 5);
    EXPECT_TRUE(finish());
    while (returned.count() > 0) static_cast<void>(returned.take());
  }
}

TEST_F(CommitterOnPartlyFullDisk, RejectsOfACommitInPiecesAreCountedOnce) {
  start();
  Batches rest;
  rest.push_back(of_session(2, "rejected\n"));
  rest.push_back(batch(50, record()));
  rest.push_back(of_session(3, "rejected\n"));
  rest.push_back(batch(51, record()));
  hold_behind(of_session(1), std::move(rest));
  leave_room_for(3 * kRecordBytes / 2);
  returned.hold(false);
  stored(4);
  disk.set_capacity(kCapacity);
  stored(5);
  committer->submit(lease_request());
  const session::LeaseReply answered = answer(6);
  EXPECT_EQ(answered.last_seq, 3U);
  EXPECT_EQ(answered.rejected, 2U);
}

}  // namespace
}  // namespace crawlspool::commit
