#include "daemon/spool/spool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "daemon/spool/line.h"
#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::code_of;
using test::ForgetfulDisk;
using test::seqs_in;
using test::spool_line;

const base::SystemClock kClock;
constexpr const char* kSegment = "00000000000000000000.ndjson.open";

base::Result<std::unique_ptr<Spool>> open(ForgetfulDisk& disk) {
  return Spool::open(disk.open(), {.keep_free_bytes = 0, .rejected_bytes_max = 1 << 20}, kClock);
}

base::Result<void> append(Spool& spool, const std::string& lines) {
  const std::string_view chunks[] = {lines};
  return spool.writer().append(chunks, lines.find('\n') + 1);
}

TEST(Spool, ANewOneIsOnTheDiskWhenItIsOpen) {
  ForgetfulDisk disk;
  ASSERT_TRUE(open(disk));
  disk.crash();
  EXPECT_EQ(disk.content(kSegment), "");
  EXPECT_TRUE(disk.content(kDurableName) && disk.content(kIdentityName) && disk.content(kLockName));
  EXPECT_EQ(disk.target(kCurrentName), kSegment);
  EXPECT_EQ(disk.names("rejected"), std::vector<std::string>{});
}

TEST(Spool, OpenedTwiceTheSecondIsRefusedAndTheFirstGoesOn) {
  ForgetfulDisk disk;
  const auto first = open(disk);
  ASSERT_TRUE(first);
  disk.forget_calls();
  EXPECT_EQ(code_of(open(disk)), ErrorCode::kLocked);
  EXPECT_EQ(disk.changes(), 0U);
  ASSERT_TRUE(append(**first, spool_line(1)));
  EXPECT_TRUE((*first)->writer().sync());
}

TEST(Spool, GoesOnWhereItWasClosedUnderTheSameId) {
  ForgetfulDisk disk;
  std::string id;
  for (std::uint64_t seq = 1; seq <= 3; ++seq) {
    const auto spool = open(disk);
    ASSERT_TRUE(spool);
    if (seq == 1) id = (*spool)->id();
    EXPECT_EQ((*spool)->id(), id);
    EXPECT_EQ((*spool)->recovery().lines, seq - 1);
    EXPECT_FALSE((*spool)->recovery().cut);
    ASSERT_TRUE(append(**spool, spool_line(seq)));
    ASSERT_TRUE((*spool)->writer().close());
  }
  EXPECT_EQ(seqs_in(disk.content(kSegment).value_or("")), (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Spool, SeveralSegmentsOrASealedOneAreNotForThisVersion) {
  for (const char* name : {"00000000000000000100.ndjson", "00000000000000000100.ndjson.open"}) {
    ForgetfulDisk disk;
    disk.put(kSegment, "");
    disk.put(name, "");
    EXPECT_EQ(code_of(open(disk)), ErrorCode::kConfig);
  }
}

TEST(Spool, ASegmentBegunElsewhereKeepsItsPositions) {
  ForgetfulDisk disk;
  disk.put("00000000000000005000.ndjson.open", spool_line(1));
  const auto spool = open(disk);
  ASSERT_TRUE(spool);
  EXPECT_EQ((*spool)->writer().segment_begin(), 5000U);
  EXPECT_EQ((*spool)->writer().position(), 5000 + spool_line(1).size());
  EXPECT_EQ(disk.content(kDurableName), position_digits(5000 + spool_line(1).size()));
}

TEST(Spool, ACrashAtEachCallOfTheStartLosesNothing) {
  const std::string kept = spool_line(1) + spool_line(2);
  for (std::uint64_t changes = 0;; ++changes) {
    ForgetfulDisk disk;
    disk.put(kSegment, kept + std::string(9000, '\0') + spool_line(9));
    disk.put(std::string(kDurableName), position_digits(spool_line(1).size()));
    disk.stop_after(changes);
    const bool done = open(disk).has_value();
    disk.crash([arrives = false]() mutable { return arrives = !arrives; });
    ASSERT_TRUE(open(disk)) << changes;
    disk.crash();
    ASSERT_EQ(disk.content(kSegment), kept) << changes;
    if (done) break;
  }
}

// A writer and its disk, driven by one seed: appends, syncs, full disks, failed syncs, restarts and crashes.
class Schedule {
 public:
  explicit Schedule(unsigned seed) : random_(seed) { reopen(); }

  void run(int steps) {
    for (int i = 0; i < steps && !::testing::Test::HasFailure(); ++i) step();
    crash();
  }

 private:
  [[nodiscard]] unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }

  void step() {
    switch (below(12)) {
      case 0:
        return crash();
      case 1:
        return reopen();  // the process alone dies: what the kernel holds stays
      case 2:
        return disk_.fail({Call::kWrite, ENOSPC, kSegment, 1 + below(3)});
      case 3:
        return disk_.fail({below(2) == 0 ? Call::kSyncData : Call::kSync, ENOSPC, kSegment, 1 + below(2)});
      case 4:
        if (below(4) == 0) disk_.fail({below(2) == 0 ? Call::kSyncData : Call::kWrite, EIO, kSegment});
        return;
      case 5:
        return disk_.set_write_bytes_max(below(2) == 0 ? 1 + below(5000) : SIZE_MAX);
      case 6:
      case 7:
      case 8:
        return sync();
      default:
        return offer();
    }
  }

  // New lines, or those that a full disk has turned away: in this order, each once.
  void offer() {
    if (waiting_.empty())
      for (unsigned n = 1 + below(4); n > 0; --n) waiting_.push_back(next_seq_++);
    std::string lines;
    for (const std::uint64_t seq : waiting_) lines += spool_line(seq, '"' + std::string(seq * 37 % 3000, 'x') + '"');
    const auto appended = append(*spool_, lines);
    if (appended) unsynced_.insert(unsynced_.end(), waiting_.begin(), waiting_.end());
    if (appended || appended.error().code != ErrorCode::kDiskFull) waiting_.clear();
    if (!appended && appended.error().code != ErrorCode::kDiskFull) reopen();
  }

  void sync() {
    const auto synced = spool_->writer().sync();
    if (synced) {
      acked_.insert(acked_.end(), unsynced_.begin(), unsynced_.end());
      unsynced_.clear();
      durable_text_ = disk_.content(kSegment).value_or("");
      EXPECT_EQ(spool_->writer().durable(), durable_text_.size());
    } else if (synced.error().code == ErrorCode::kDiskFull) {
      waiting_.insert(waiting_.begin(), unsynced_.begin(), unsynced_.end());
      unsynced_.clear();
    } else {
      reopen();
    }
  }

  void crash() {
    if (below(4) == 0) {  // on the way up, too
      disk_.stop_after(below(12));
      spool_.reset();
      static_cast<void>(open(disk_));
    }
    const unsigned odds = below(4);
    disk_.crash([&] { return below(4) < odds; });
    reopen();
  }

  void reopen() {
    spool_.reset();
    disk_.clear_faults();
    auto opened = open(disk_);
    ASSERT_TRUE(opened) << opened.error().message();
    spool_ = std::move(*opened);
    waiting_.clear();
    unsynced_.clear();
    check();
  }

  // All that was acked, in order; what was not may be there, once, in order.
  void check() {
    const std::string text = disk_.content(kSegment).value_or("");
    EXPECT_TRUE(text.starts_with(durable_text_));
    EXPECT_TRUE(spool_->recovery().damaged.empty() && !spool_->recovery().missing);
    const std::vector<std::uint64_t> seqs = seqs_in(text);
    EXPECT_EQ(spool_->recovery().lines, seqs.size());
    EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end(), std::less_equal<>()));  // rising: nothing is doubled
    EXPECT_TRUE(std::includes(seqs.begin(), seqs.end(), acked_.begin(), acked_.end()));
    durable_text_ = text;  // recovery has synced it
    acked_ = seqs;
  }

  std::mt19937 random_;
  ForgetfulDisk disk_;
  std::unique_ptr<Spool> spool_;
  std::uint64_t next_seq_ = 1;
  std::vector<std::uint64_t> waiting_;   // offered and turned away
  std::vector<std::uint64_t> unsynced_;  // in the file
  std::vector<std::uint64_t> acked_;
  std::string durable_text_;
};

TEST(Spool, NoScheduleOfFaultsAndCrashesLosesOrDoublesWhatWasAcked) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Schedule(seed).run(25);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace crawlspool::spool
