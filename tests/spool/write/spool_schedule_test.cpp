// A spool and its disk, driven by one seed: appends, syncs, rotations, snapshots, full disks, failed syncs, restarts
// and crashes. Whatever comes, what was acked is there once, in order, and the sessions' numbers say so.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/write/spool.h"
#include "tests/support/manual_clock.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::ForgetfulDisk;

constexpr std::uint64_t kSessions = 3;
constexpr const char* kAnySegment = ".ndjson.open";

std::string line_of(std::uint64_t seq) {
  const std::string record = '"' + std::string(seq * 37 % 3000, 'x') + '"';
  return test::make_line({.seq = seq, .record = record, .session = seq % kSessions});
}

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
    switch (below(14)) {
      case 0:
        return crash();
      case 1:
        return reopen();  // the process alone dies: what the kernel holds stays
      case 2:
        return disk_.fail({Call::kWrite, ENOSPC, kAnySegment, 1 + below(3)});
      case 3:
        return disk_.fail({below(2) == 0 ? Call::kSyncData : Call::kSync, ENOSPC, kAnySegment, 1 + below(2)});
      case 4:
        return fail_rarely();
      case 5:
        return disk_.set_write_bytes_max(below(2) == 0 ? 1 + below(5000) : SIZE_MAX);
      case 6:
      case 7:
      case 8:
        return sync();
      case 9:
      case 10:
        return pass_time();
      default:
        return offer();
    }
  }

  void fail_rarely() {
    constexpr std::array<Call, 6> kCalls{Call::kSyncData, Call::kWrite,  Call::kRename,
                                         Call::kCreate,   Call::kRemove, Call::kSyncDirectory};
    if (below(3) == 0) disk_.fail({kCalls[below(kCalls.size())], below(2) == 0 ? EIO : ENOSPC, ""});
  }

  void pass_time() {
    clock_.advance_ms(below(2000));
    if (below(4) == 0) return close();
    if (!spool_->tick()) return reopen();
    static_cast<void>(spool_->maintain());
  }

  void close() {
    if (spool_->close()) sync_all();
    reopen();
  }

  // New lines, or those that a full disk has turned away: in this order, each once.
  void offer() {
    if (waiting_.empty())
      for (unsigned n = 1 + below(4); n > 0; --n) waiting_.push_back(next_seq_++);
    std::string lines;
    for (const std::uint64_t seq : waiting_) lines += line_of(seq);
    std::vector<SessionMark> marks;
    for (const auto& part : {begun_, waiting_})
      for (const std::uint64_t seq : part) marks.push_back({seq % kSessions, {}, seq});
    const auto appended = test::append_lines(*spool_, lines, marks);
    for (std::size_t left = appended.value_or(0); left > 0; waiting_.erase(waiting_.begin())) {
      const std::size_t bytes = line_of(waiting_.front()).size();
      ASSERT_GE(left, bytes) << "a torn line is said to be in";
      left -= bytes;
      unsynced_.push_back(waiting_.front());
      begun_.push_back(waiting_.front());
    }
    if (waiting_.empty()) begun_.clear();
    if (!appended && appended.error().code != ErrorCode::kDiskFull) reopen();
  }

  void sync() {
    const auto synced = spool_->sync();
    if (synced) {
      sync_all();
    } else if (synced.error().code == ErrorCode::kDiskFull) {
      waiting_.insert(waiting_.begin(), unsynced_.begin(), unsynced_.end());
      unsynced_.clear();
    } else {
      reopen();
    }
  }

  void sync_all() {
    acked_.insert(acked_.end(), unsynced_.begin(), unsynced_.end());
    unsynced_.clear();
    durable_text_ = test::whole_spool(disk_);
    EXPECT_EQ(spool_->durable(), durable_text_.size());
    for (const auto& [session, last] : last_numbers(acked_)) {  // of what is synced, all of it and nothing else
      const SessionState* const known = spool_->sessions().find(session);
      EXPECT_EQ(known != nullptr ? known->last_seq : 0, last);
    }
  }

  void crash() {
    if (below(4) == 0) {  // on the way up, too
      spool_.reset();
      disk_.stop_after(below(20));
      static_cast<void>(test::open_spool(disk_, clock_, kOptions));
    }
    const unsigned odds = below(4);
    disk_.crash([&] { return below(4) < odds; });
    reopen();
  }

  void reopen() {
    spool_.reset();
    disk_.clear_faults();
    auto opened = test::open_spool(disk_, clock_, kOptions);
    ASSERT_TRUE(opened) << opened.error().message();
    spool_ = std::move(*opened);
    waiting_.clear();
    begun_.clear();
    unsynced_.clear();
    check();
  }

  // All that was acked, in order; what was not may be there, once, in order.
  void check() {
    const RecoveryReport& report = spool_->recovery();
    const std::string text = test::whole_spool(disk_);
    EXPECT_TRUE(text.starts_with(durable_text_));
    EXPECT_TRUE(report.damaged.empty() && report.missing.empty() && report.skipped.empty());
    EXPECT_EQ(spool_->position(), text.size());
    const std::vector<std::uint64_t> seqs = test::seqs_in(text);
    EXPECT_TRUE(std::is_sorted(seqs.begin(), seqs.end(), std::less_equal<>()));  // rising: nothing is doubled
    EXPECT_TRUE(std::includes(seqs.begin(), seqs.end(), acked_.begin(), acked_.end()));
    for (const auto& [session, last] : last_numbers(seqs)) {
      const SessionState* const known = spool_->sessions().find(session);
      ASSERT_TRUE(known);
      EXPECT_EQ(known->last_seq, last);
    }
    durable_text_ = text;  // recovery has synced it
    acked_ = seqs;
  }

  static std::map<SessionKey, std::uint64_t> last_numbers(const std::vector<std::uint64_t>& seqs) {
    std::map<SessionKey, std::uint64_t> last;
    for (const std::uint64_t seq : seqs) last[seq % kSessions] = seq;
    return last;
  }

  inline static const SpoolOptions kOptions{.rejected_bytes_max = 1 << 20,
                                            .segment_bytes_max = 5000,
                                            .segment_age_ms_max = 5000,
                                            .snapshot_interval_ms = 1000};
  std::mt19937 random_;
  ForgetfulDisk disk_;
  test::ManualClock clock_;
  std::unique_ptr<Spool> spool_;
  std::uint64_t next_seq_ = 1;
  std::vector<std::uint64_t> waiting_;   // offered and turned away
  std::vector<std::uint64_t> begun_;     // in the file, and the rest of what they were offered with is not
  std::vector<std::uint64_t> unsynced_;  // in the file
  std::vector<std::uint64_t> acked_;
  std::string durable_text_;
};

TEST(SpoolSchedule, NoFaultsAndCrashesLoseOrDoubleWhatWasAcked) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    Schedule(seed).run(30);
    ASSERT_FALSE(HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace crawlspool::spool
