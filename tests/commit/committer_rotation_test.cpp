// Rotation as the committer drives it: a segment is sealed with all of its lines synced, whatever spool.sync says.
#include <gtest/gtest.h>

#include <cerrno>
#include <numeric>
#include <string>
#include <vector>

#include "daemon/commit/committer.h"
#include "tests/commit/committing.h"

namespace crawlspool::commit {
namespace {

using config::SyncPolicy;
using test::Call;
using Numbers = std::vector<std::uint64_t>;

constexpr std::int64_t kHourMs = 3'600'000;
const Committer::Options kNever{.sync = SyncPolicy::kNever};
const Committer::Options kSeldom{.sync = SyncPolicy::kInterval, .sync_interval_ms = 1'000'000'000};

Numbers up_to(std::uint64_t last) {
  Numbers all(last);
  std::iota(all.begin(), all.end(), 1);
  return all;
}

class CommitterRotation : public OnForgetfulDisk {
 protected:
  void store(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t n = from; n <= to; ++n) {
      committer->submit(batch(n));
      ASSERT_TRUE(returned.wait_for(n).back()->stored);
    }
  }
  [[nodiscard]] std::size_t segments() const { return test::segments_on(disk).size(); }
};

TEST_F(CommitterRotation, FullSegmentsAreSealedAndNothingIsLost) {
  spool_options.segment_bytes_max = 300;
  start();
  store(1, 20);
  EXPECT_EQ(segments(), 7U);  // of three lines each
  EXPECT_EQ(committer->stats().maintenance.segments, 6U);
  EXPECT_EQ(committer->stats().active_bytes, spool->active_bytes());
  EXPECT_TRUE(finish());
  EXPECT_EQ(committer->stats().syncs, 20U);
  disk.crash();
  EXPECT_EQ(seqs_on_disk(), up_to(20));
}

TEST_F(CommitterRotation, WithFewSyncsASegmentIsSyncedBeforeItIsSealed) {
  for (const auto& options : {kNever, kSeldom}) {
    committer.reset();
    disk = test::ForgetfulDisk();
    spool_options.segment_bytes_max = 300;
    const std::size_t had = returned.count();
    start(options);
    for (std::uint64_t n = 1; n <= 8; ++n) {
      committer->submit(batch(n));
      EXPECT_TRUE(returned.wait_for(had + n).back()->stored);
    }
    EXPECT_EQ(segments(), 3U);
    const std::string first = test::kFirstSegment;
    EXPECT_LT(place(Call::kSyncData, first), place(Call::kRename, "00000000000000000000.ndjson"));
    EXPECT_EQ(committer->stats().durable, test::segments_on(disk).back().position);
    disk.crash();
    EXPECT_EQ(seqs_on_disk(), up_to(6));  // what was sealed is on the disk, and the rest was promised to nobody
  }
}

TEST_F(CommitterRotation, WhereThatSyncFindsNoRoomItIsFinalSinceTheLinesWereAckedAsWritten) {
  for (const auto& options : {kNever, kSeldom}) {
    committer.reset();
    disk = test::ForgetfulDisk();
    states.clear();
    spool_options.segment_bytes_max = 200;
    const std::size_t had = returned.count();
    start(options);
    for (std::uint64_t n = 1; n <= 2; ++n) {
      committer->submit(batch(n));
      EXPECT_TRUE(returned.wait_for(had + n).back()->stored);
    }
    disk.fail({Call::kSyncData, ENOSPC, kSegmentFile});
    committer->submit(batch(3));
    EXPECT_FALSE(returned.wait_for(had + 3).back()->stored);
    EXPECT_EQ(committer->state(), SpoolState::kFailed);
    EXPECT_EQ(seqs_on_disk(), up_to(2));  // not cut back
  }
}

TEST_F(CommitterRotation, AnOldSegmentIsSealedThoughNothingComes) {
  spool_options.segment_age_ms_max = kHourMs;
  start();
  store(1, 1);
  clock.advance_ms(kHourMs);
  wait_until([&] { return segments() == 2; });
  wait_until([&] { return committer->stats().maintenance.segments == 1; });
  EXPECT_EQ(committer->stats().active_bytes, 0U);
  store(2, 2);
  EXPECT_EQ(seqs_on_disk(), up_to(2));
}

TEST_F(CommitterRotation, WithoutSyncsAnOldSegmentIsSealedBeforeTheNextLines) {
  spool_options.segment_age_ms_max = kHourMs;
  start(kNever);
  store(1, 2);
  clock.advance_ms(kHourMs);
  store(3, 3);
  EXPECT_EQ(segments(), 2U);
  disk.crash();
  EXPECT_EQ(seqs_on_disk(), up_to(2));
}

TEST_F(CommitterRotation, ARotationThatFailsWithoutALineIsNoticed) {
  spool_options.segment_age_ms_max = kHourMs;
  start();
  store(1, 1);
  disk.fail({Call::kRename, EIO, ".ndjson"});
  clock.advance_ms(kHourMs);
  wait_for_state(SpoolState::kFailed);
  committer->submit(batch(2));
  EXPECT_FALSE(returned.wait_for(2).back()->stored);
}

TEST_F(CommitterRotation, ADiskThatIsFullForTheNextSegmentIsWaitedOut) {
  for (const Call call : {Call::kTruncate, Call::kRename, Call::kCreate, Call::kSyncDirectory}) {
    committer.reset();
    disk = test::ForgetfulDisk();
    states.clear();
    spool_options.segment_bytes_max = 1;
    const std::size_t had = returned.count();
    start();
    std::vector<std::unique_ptr<AppendBatch>> second;
    second.push_back(batch(2));
    hold_behind(batch(1), std::move(second));
    disk.fail({call, ENOSPC, "", 1, SIZE_MAX});
    returned.hold(false);
    wait_for_state(SpoolState::kDiskFull);
    disk.clear_faults();
    EXPECT_TRUE(returned.wait_for(had + 2).back()->stored);
    EXPECT_EQ(states_so_far(), (std::vector<SpoolState>{SpoolState::kDiskFull, SpoolState::kOk}));
    EXPECT_EQ(seqs_on_disk(), up_to(2));
  }
}

}  // namespace
}  // namespace crawlspool::commit
