// Rotation on disks that crash, fail and run full, at each of its calls.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "daemon/spool/write/spool.h"
#include "tests/support/crash_points.h"
#include "tests/support/errors.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::append_lines;
using test::Call;
using test::code_of;
using test::errno_of;
using test::ForgetfulDisk;
using test::seqs_in;
using test::spool_line;
using test::whole_spool;
using Numbers = std::vector<std::uint64_t>;

constexpr std::uint64_t kLines = 6;
constexpr std::int64_t kHourMs = 3'600'000;
const SpoolOptions kOptions{.segment_bytes_max = 250, .segment_age_ms_max = kHourMs};
// What may fail once the spool is open. A link's failure is no error (SpoolRotation), nor is a preallocation's.
const std::vector<Call> kCalls{Call::kWrite,  Call::kSyncData, Call::kSync,         Call::kTruncate,
                               Call::kCreate, Call::kRename,   Call::kSyncDirectory};

Numbers up_to(std::uint64_t last) {
  Numbers all;
  for (std::uint64_t n = 1; n <= last; ++n) all.push_back(n);
  return all;
}

class SpoolRotationOnFaultyDisk : public ::testing::Test {
 protected:
  void open(ForgetfulDisk& disk) {
    spool.reset();
    auto opened = test::open_spool(disk, clock, kOptions);
    ASSERT_TRUE(opened) << opened.error().message();
    spool = std::move(*opened);
  }
  base::Result<void> store(std::uint64_t n) {
    return append_lines(*spool, spool_line(n)).and_then([&](std::size_t) { return spool->sync(); });
  }
  // Line n, and what may come after it: every fourth time nothing for so long that the segment is old.
  base::Result<void> step(std::uint64_t n) {
    return store(n).and_then([&] { return pass_time(n); });
  }
  base::Result<void> pass_time(std::uint64_t n) {
    if (n % 4 != 0) return {};
    clock.advance_ms(kHourMs);
    return spool->tick();
  }
  // Everything that was acked is there once, in order, and at most one line that was not.
  void expect_acked(ForgetfulDisk& disk, std::uint64_t acked) {
    ASSERT_TRUE(spool->recovery().missing.empty() && spool->recovery().damaged.empty());
    const Numbers numbers = seqs_in(whole_spool(disk));
    ASSERT_TRUE(numbers == up_to(acked) || numbers == up_to(acked + 1)) << numbers.size() << " of " << acked;
    ASSERT_EQ(spool->position(), whole_spool(disk).size());
  }

  test::ManualClock clock;
  std::unique_ptr<Spool> spool;
};

TEST_F(SpoolRotationOnFaultyDisk, ACrashAtEachChangeLosesAndDoublesNothing) {
  std::uint64_t acked = 0;
  test::crash_at_each_change([](ForgetfulDisk&) {},
                             [&](ForgetfulDisk& disk) {
                               acked = 0;
                               spool.reset();
                               auto opened = test::open_spool(disk, clock, kOptions);
                               if (!opened) return false;
                               spool = std::move(*opened);
                               for (std::uint64_t n = 1; n <= kLines; ++n) {
                                 if (!append_lines(*spool, spool_line(n)) || !spool->sync()) return false;
                                 acked = n;
                                 clock.advance_ms(n % 4 == 0 ? kHourMs : 0);
                                 if (!spool->tick()) return false;
                               }
                               return true;
                             },
                             [&](ForgetfulDisk& disk, const test::CrashPoint&) {
                               open(disk);
                               expect_acked(disk, acked);
                               // And it goes on.
                               const std::uint64_t next = seqs_in(whole_spool(disk)).size() + 1;
                               for (std::uint64_t n = next; n < next + 4; ++n) ASSERT_TRUE(step(n));
                               disk.crash();
                               ASSERT_EQ(seqs_in(whole_spool(disk)), up_to(next + 3));
                             });
}

TEST_F(SpoolRotationOnFaultyDisk, AnErrorAtAnyCallSticksAndTheNextStartHasWhatWasAcked) {
  for (const Call call : kCalls) {
    for (std::uint64_t nth = 1;; ++nth) {
      ForgetfulDisk disk;
      open(disk);
      disk.fail({call, EIO, "", nth});
      std::uint64_t acked = 0;
      base::Result<void> done;
      while (done && acked < kLines) {
        done = store(acked + 1);
        if (done) done = pass_time(++acked);
      }
      if (done) break;  // there is no nth such call
      ASSERT_EQ(errno_of(done), EIO);
      disk.forget_calls();
      for (int again = 0; again < 2; ++again) {
        ASSERT_EQ(errno_of(append_lines(*spool, spool_line(99))), EIO);
        ASSERT_EQ(errno_of(spool->sync()), EIO);
        ASSERT_EQ(errno_of(spool->tick()), EIO);
        ASSERT_EQ(errno_of(spool->close()), EIO);
      }
      ASSERT_EQ(disk.changes(), 0U);
      if (nth % 2 == 0) disk.crash();
      open(disk);
      expect_acked(disk, acked);
    }
  }
}

TEST_F(SpoolRotationOnFaultyDisk, WhereTheDiskRunsFullAtAnyCallItGoesOnLaterWithTheSameLines) {
  for (const Call call : kCalls) {
    for (std::uint64_t nth = 1; nth <= 2 * kLines + 2; ++nth) {  // more than there are of any
      ForgetfulDisk disk;
      open(disk);
      disk.fail({call, ENOSPC, "", nth});
      base::Result<void> done;
      for (std::uint64_t n = 1; n <= kLines && done; ++n) {
        done = store(n);
        if (code_of(done) == ErrorCode::kDiskFull) done = store(n);
        if (done) done = pass_time(n);  // a full disk is for the next append to tell
      }
      ASSERT_TRUE(done) << nth;
      ASSERT_EQ(seqs_in(whole_spool(disk)), up_to(kLines));
      disk.crash();
      open(disk);
      ASSERT_EQ(seqs_in(whole_spool(disk)), up_to(kLines));
    }
  }
}

class SpoolBetweenSegments : public SpoolRotationOnFaultyDisk {
 protected:
  void SetUp() override {
    open(disk);
    for (std::uint64_t n = 1; n <= 3; ++n) ASSERT_TRUE(append_lines(*spool, spool_line(n)) && spool->sync());
    disk.fail({Call::kCreate, ENOSPC, ".ndjson.open"});
    ASSERT_TRUE(spool->tick());  // sealed, and no room for the next one
    ASSERT_TRUE(disk.content("00000000000000000000.ndjson"));
    ASSERT_EQ(test::segments_on(disk).size(), 1U);
  }

  ForgetfulDisk disk;
};

TEST_F(SpoolBetweenSegments, TheNextLineBeginsOneWhenThereIsRoom) {
  EXPECT_FALSE(spool->wants_rotation());
  EXPECT_EQ(spool->active_bytes(), 0U);
  EXPECT_TRUE(spool->sync());
  EXPECT_TRUE(spool->probe());
  EXPECT_EQ(spool->free_bytes(), disk.free_bytes());
  ASSERT_TRUE(step(4));
  EXPECT_EQ(seqs_in(whole_spool(disk)), up_to(4));
}

TEST_F(SpoolBetweenSegments, ACloseAndAStartGoOnBehindTheSealedOne) {
  ASSERT_TRUE(spool->close());
  open(disk);
  EXPECT_EQ(spool->position(), whole_spool(disk).size());
  EXPECT_EQ(spool->recovery().lines, 0U);
  ASSERT_TRUE(step(4));
  EXPECT_EQ(seqs_in(whole_spool(disk)), up_to(4));
}

TEST_F(SpoolBetweenSegments, ACrashLosesNothing) {
  disk.crash([] { return true; });
  open(disk);
  expect_acked(disk, 3);
}

}  // namespace
}  // namespace crawlspool::spool
