// A whole spool laid out on a forgetful disk by hand, line by line, and its recovery.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "daemon/spool/control/durable_mark.h"
#include "daemon/spool/recovery/recovery.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/open_spool.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {

using Range = std::pair<Position, std::uint64_t>;
[[nodiscard]] inline std::vector<Range> ranges(const std::vector<ByteRange>& all) {
  std::vector<Range> pairs;
  pairs.reserve(all.size());
  for (const ByteRange& range : all) pairs.emplace_back(range.position, range.bytes);
  return pairs;
}

// Line n has the number n in one of two sessions. All lines up to the ninth are equally long, so that it begins at
// at(n - 1).
class LaidOutSpool : public ::testing::Test {
 protected:
  static constexpr const char* kId = "ours";
  static constexpr SessionKey kSessions = 2;

  static std::string line(std::uint64_t n) { return test::make_line({.seq = n, .session = n % kSessions}); }
  static std::string lines(std::uint64_t from, std::uint64_t to) {
    std::string all;
    for (std::uint64_t n = from; n <= to; ++n) all += line(n);
    return all;
  }
  // Behind `count` lines.
  static Position at(std::uint64_t count) { return count * line(1).size(); }
  static std::string file(std::uint64_t count, SegmentKind kind) { return segment_file_name({at(count), kind}); }
  static std::string sealed(std::uint64_t count) { return file(count, SegmentKind::kSealed); }
  static std::string open_one(std::uint64_t count) { return file(count, SegmentKind::kOpen); }

  static Snapshot snapshot_behind(std::uint64_t count) {
    Snapshot snapshot{at(count), test::kLineTimeUs, {}};
    for (std::uint64_t n = 1; n <= count; ++n) snapshot.sessions.advance(n % kSessions, {}, n, test::kLineTimeUs);
    return snapshot;
  }
  static void put_snapshot(test::ForgetfulDisk& disk, const Snapshot& snapshot) {
    const auto directory = disk.open();
    SnapshotWriter writer(*directory, kId, find_snapshot(*directory, kId).places);
    ASSERT_TRUE(writer.write(snapshot));
  }
  void put_snapshot(std::uint64_t count) { put_snapshot(disk, snapshot_behind(count)); }
  void put_durable(Position position) { disk.put(std::string(kDurableName), position_digits(position)); }
  // Lines 1 and 2, 3 and 4 in sealed segments, 5 and 6 in the active one.
  void put_three_segments() { put_three_segments(disk); }
  static void put_three_segments(test::ForgetfulDisk& disk) {
    disk.put(sealed(0), lines(1, 2));
    disk.put(sealed(2), lines(3, 4));
    disk.put(open_one(4), lines(5, 6));
  }

  Recovered recover_it() {
    auto recovered = recover(*disk.open(), kId);
    EXPECT_TRUE(recovered) << recovered.error().message();
    return recovered ? std::move(*recovered) : Recovered{};
  }
  // The number of the last line that the sessions know; each session has to know its own.
  static std::uint64_t last_number(const SessionTable& sessions) {
    std::uint64_t last = 0;
    for (const auto& [key, state] : sessions) {
      EXPECT_EQ(state.last_seq % kSessions, key);
      last = std::max(last, state.last_seq);
    }
    EXPECT_EQ(sessions.size(), std::min(last, kSessions));
    return last;
  }
  static std::vector<std::string> skipped(const Recovered& recovered) {
    std::vector<std::string> names;
    for (const UnusableFile& unusable : recovered.report.skipped) names.push_back(unusable.name);
    return names;
  }
  static std::vector<std::string> sealed_files(const Recovered& recovered) {
    std::vector<std::string> names;
    for (const SegmentName& segment : recovered.sealed) names.push_back(segment_file_name(segment));
    return names;
  }

  test::ForgetfulDisk disk;
};

}  // namespace crawlspool::spool
