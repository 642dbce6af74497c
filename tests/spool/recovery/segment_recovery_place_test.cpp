// Where a segment's recovery begins to read: a snapshot's position, behind which only what came since is looked at.
#include <gtest/gtest.h>

#include <string>

#include "daemon/spool/recovery/segment_recovery.h"
#include "tests/spool/recovery/recovering.h"

namespace crawlspool::spool {
namespace {

using test::make_line;
using test::marked;
using test::spool_line;

constexpr Position kBegin = 5000;

class SegmentRecoveryFrom : public OneSegment {
 protected:
  [[nodiscard]] static SegmentPlace from(std::uint64_t offset, std::optional<Position> durable = std::nullopt) {
    return {kBegin, kBegin + offset, durable};
  }
};

TEST_F(SegmentRecoveryFrom, WhatLiesBeforeItIsNeitherReadNorCounted) {
  const std::string damaged = std::string(second.size() - 1, 'x') + "\n";
  const std::string content = first + damaged + third;
  const SegmentOutcome report = recover_content(content, from(first.size() + damaged.size()));
  EXPECT_EQ(left(), content);
  EXPECT_EQ(report.lines(), 1U);
  EXPECT_TRUE(report.damaged.empty());
  for (const auto& call : disk.calls())
    EXPECT_TRUE(call.call != test::Call::kRead || call.offset + 1 >= first.size() + damaged.size());
}

TEST_F(SegmentRecoveryFrom, EverythingBeforeItCountsAsSynced) {
  for (const std::optional<Position> durable : {std::optional<Position>(), std::optional<Position>(kBegin)}) {
    const SegmentOutcome report = recover_content(first + second + "torn", from(first.size(), durable));
    EXPECT_EQ(report.known_synced, kBegin + first.size());
    EXPECT_EQ(left(), first + second);
    EXPECT_EQ(range(report.cut.value()), (Range{kBegin + left().size(), 4}));
    EXPECT_EQ(cut_at(kBegin + left().size()), "torn");
  }
}

TEST_F(SegmentRecoveryFrom, DurableAndMarksBehindItDecideAsEver) {
  const std::string bad = "bad line\n";
  const Position behind_bad = kBegin + first.size() + bad.size();
  const std::string by_mark = first + bad + marked(second, behind_bad) + bad;
  for (const auto& [content, durable] : {std::pair(first + bad + second + bad, std::optional(behind_bad)),
                                         std::pair(by_mark, std::optional<Position>())}) {
    const SegmentOutcome report = recover_content(content, from(first.size(), durable));
    EXPECT_EQ(report.known_synced, behind_bad);
    EXPECT_EQ(range(report.damaged.at(0)), (Range{kBegin + first.size(), bad.size()}));
    EXPECT_EQ(left(), content.substr(0, content.size() - bad.size()));
  }
}

TEST_F(SegmentRecoveryFrom, AtTheSegmentsEndThereIsNothingToRead) {
  const SegmentOutcome report = recover_content(first + second, from(first.size() + second.size()));
  EXPECT_EQ(report.lines(), 0U);
  EXPECT_EQ(report.end, kBegin + first.size() + second.size());
  EXPECT_FALSE(report.cut || report.missing);
}

TEST_F(SegmentRecoveryFrom, BeyondTheEndWhatIsMissingIsReportedAndNothingIsCut) {
  for (const std::size_t torn : {std::size_t{0}, std::size_t{1}, std::size_t{30}}) {
    const std::string content = (first + second).substr(0, first.size() + second.size() - torn);
    const SegmentOutcome report = recover_content(content, from(content.size() + 100, kBegin + 3));
    EXPECT_EQ(range(report.missing.value()), (Range{kBegin + content.size(), 100}));
    EXPECT_FALSE(report.cut);
    EXPECT_EQ(left(), content + (torn == 0 ? "" : "\n"));  // the next line must not be joined to it
  }
}

TEST_F(SegmentRecoveryFrom, ADurableFileLeftHalfOverwrittenPromisesNothing) {
  std::string padded = spool_line(1);
  for (std::size_t pad = 0; (kBegin + padded.size()) % 100 != 99; ++pad)
    padded = spool_line(1, '"' + std::string(pad, 'x') + '"');
  const Position old_one = kBegin + padded.size();
  const std::string content = padded + marked(spool_line(2), old_one);
  const Position new_one = kBegin + content.size();
  const Position half = new_one - new_one % 100 + 99;  // all but the last two digits are new
  ASSERT_GT(half, new_one);
  const SegmentOutcome report = recover_content(content, from(0, half));
  EXPECT_FALSE(report.missing || report.cut);
  EXPECT_EQ(report.known_synced, old_one);
  const SegmentOutcome other = recover_content(content, from(0, half + 1));
  EXPECT_EQ(range(other.missing.value()), (Range{new_one, half + 1 - new_one}));
}

TEST_F(SegmentRecoveryFrom, TheGreatestPromiseSaysHowMuchIsMissing) {
  for (const std::uint64_t durable : {50U, 150U}) {
    const SegmentOutcome report = recover_content(first, from(first.size() + 100, kBegin + first.size() + durable));
    EXPECT_EQ(range(report.missing.value()), (Range{kBegin + first.size(), std::max<std::uint64_t>(100, durable)}));
  }
}

TEST_F(SegmentRecoveryFrom, ReplayGetsTheLinesThatAreKeptAndNoOthers) {
  const std::string before = make_line({.seq = 1, .session = 1});
  const std::string kept =
      make_line({.seq = 7, .session = 2, .client = "worker"}) + make_line({.seq = 8, .session = 2}) + spool_line(99);
  const std::string cut = "torn\n" + make_line({.seq = 9, .session = 2}) + make_line({.seq = 1, .session = 3});
  const SegmentOutcome report = recover_content(before + kept + cut, from(before.size()));
  EXPECT_EQ(report.lines(), 3U);
  ASSERT_EQ(report.replay.sessions.size(), 1U);
  EXPECT_EQ(report.replay.sessions.find(2)->last_seq, 8U);
  EXPECT_EQ(report.replay.sessions.find(2)->owner.client, "worker");
  EXPECT_EQ(report.replay.newest_us, test::kLineTimeUs);
}

}  // namespace
}  // namespace crawlspool::spool
