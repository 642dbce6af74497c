#include "daemon/spool/recovery/segment_recovery.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/spool/recovery/recovering.h"

namespace crawlspool::spool {
namespace {

using test::marked;
using test::spool_line;

class SegmentRecoveryTest : public OneSegment {};

TEST_F(SegmentRecoveryTest, KeepsASoundSegmentAsItIs) {
  const SegmentOutcome report =
      recover_content(first + second + third, SegmentPlace{1'000'000, 1'000'000, std::nullopt});
  EXPECT_EQ(left(), first + second + third);
  EXPECT_EQ(report.end, 1'000'000 + left().size());
  EXPECT_EQ(report.lines(), 3U);
  EXPECT_FALSE(report.cut || report.missing);
  EXPECT_TRUE(report.damaged.empty());
  EXPECT_EQ(recover_content("", std::nullopt).end, 0U);
}

TEST_F(SegmentRecoveryTest, TornTailIsCutAtEveryByteOfTheLastLines) {
  const std::string all = first + second + third;
  for (std::size_t size = first.size(); size <= all.size(); ++size) {
    const SegmentOutcome report = recover_content(all.substr(0, size), first.size());
    const std::size_t sound = size == all.size()                     ? size
                              : size >= first.size() + second.size() ? first.size() + second.size()
                                                                     : first.size();
    ASSERT_EQ(left(), all.substr(0, sound)) << size;
    ASSERT_EQ(report.cut.has_value(), size > sound) << size;
    if (size > sound) {
      ASSERT_EQ(cut_at(sound), all.substr(sound, size - sound)) << size;
    }
    ASSERT_TRUE(report.damaged.empty()) << size;
  }
}

TEST_F(SegmentRecoveryTest, EachFlippedByteBehindTheSyncedPartEndsTheLogThere) {
  const std::string all = first + second + third;
  for (std::size_t at = first.size(); at < first.size() + second.size(); ++at) {
    std::string content = first + second + spool_line(3);  // no mark: nothing says that the second one was synced
    content[at] = static_cast<char>(content[at] ^ 1);
    const SegmentOutcome report = recover_content(content, first.size());
    ASSERT_EQ(left(), first) << at;
    ASSERT_EQ(cut_at(first.size()), content.substr(first.size())) << at;
    ASSERT_TRUE(report.damaged.empty()) << at;
  }
}

TEST_F(SegmentRecoveryTest, ZerosWithWholeLinesBehindThemAreCutTogether) {
  const std::string tail = std::string(5000, '\0') + second + spool_line(4);
  const SegmentOutcome report = recover_content(first + tail, std::nullopt);
  EXPECT_EQ(left(), first);
  EXPECT_EQ(cut_at(first.size()), tail);
  EXPECT_EQ(range(report.cut.value()), (Range{first.size(), tail.size()}));
  EXPECT_TRUE(report.cut_was_kept);
}

TEST_F(SegmentRecoveryTest, GarbageIsCut) {
  for (const std::string garbage : {"\n", "garbage\n", "{}\n", "{\"crc32\":\"00000000\"}\n", "\xff\xfe", "\r\n"}) {
    const SegmentOutcome report = recover_content(first + garbage + second, std::nullopt);
    if (garbage == "\n") {
      EXPECT_FALSE(report.cut);  // a blank line is legal
    } else {
      EXPECT_EQ(left(), first) << garbage;
    }
  }
}

TEST_F(SegmentRecoveryTest, DamageBeforeTheSyncedPartIsReportedAndWhatFollowsIsKept) {
  for (std::size_t at = first.size(); at + 1 < first.size() + second.size(); ++at) {
    std::string content = first + second + third;
    content[at] = static_cast<char>(content[at] ^ 0x80);
    const SegmentOutcome report = recover_content(content, std::nullopt);  // third's mark covers second
    ASSERT_EQ(left(), content) << at;
    ASSERT_EQ(report.damaged.size(), 1U) << at;
    ASSERT_EQ(range(report.damaged[0]), (Range{first.size(), second.size()})) << at;
    ASSERT_EQ(report.lines(), 2U);
    ASSERT_FALSE(report.cut);
  }
}

TEST_F(SegmentRecoveryTest, NeighbouringDamageIsOneRange) {
  const std::string content = first + "bad\n" + "worse\n" + second + "bad\n" + spool_line(4);
  const SegmentOutcome report = recover_content(content, content.size());
  ASSERT_EQ(report.damaged.size(), 2U);
  EXPECT_EQ(range(report.damaged[0]), (Range{first.size(), 10}));
  EXPECT_EQ(range(report.damaged[1]), (Range{first.size() + 10 + second.size(), 4}));
}

TEST_F(SegmentRecoveryTest, TheGreatestOfDurableAndMarksDecides) {
  const std::string bad = "bad line\n";
  const std::string content = first + bad + second + bad;
  const Position behind_first_bad = first.size() + bad.size();
  EXPECT_EQ(recover_content(content, std::nullopt).end, first.size());
  EXPECT_EQ(recover_content(content, behind_first_bad).end, behind_first_bad + second.size());
  EXPECT_EQ(recover_content(content, content.size()).end, content.size());
  const std::string with_mark = first + bad + marked(second, behind_first_bad) + bad;
  for (const std::optional<Position> durable : {std::optional<Position>(), std::optional<Position>(first.size())}) {
    const SegmentOutcome report = recover_content(with_mark, durable);
    EXPECT_EQ(report.known_synced, behind_first_bad);
    EXPECT_EQ(report.end, with_mark.size() - bad.size());
  }
  EXPECT_EQ(recover_content(with_mark, with_mark.size()).known_synced, with_mark.size());
}

TEST_F(SegmentRecoveryTest, AMarkBeyondItsOwnLineIsNotBelieved) {
  const Position own = first.size() + 4;
  const SegmentOutcome report = recover_content(first + "bad\n" + marked(second, own + 1), std::nullopt);
  EXPECT_EQ(report.known_synced, 0U);
  EXPECT_FALSE(report.missing);
  EXPECT_EQ(left(), first);
  EXPECT_EQ(recover_content(first + "bad\n" + marked(second, own), std::nullopt).known_synced, own);
  EXPECT_EQ(recover_content(first + marked(second, 100'000), std::nullopt).end, first.size());
}

TEST_F(SegmentRecoveryTest, DurableBeyondTheEndIsReportedAndCutsNothing) {
  const std::string content = first + second;
  SegmentOutcome report = recover_content(content, content.size() + 77);
  EXPECT_EQ(range(report.missing.value()), (Range{content.size(), 77}));
  EXPECT_EQ(left(), content);
  // A torn line before the promised end is damage: kept, and ended so that the next line is not joined to it.
  report = recover_content(content.substr(0, content.size() - 30), content.size());
  EXPECT_EQ(range(report.missing.value()), (Range{content.size() - 30, 30}));
  EXPECT_EQ(range(report.damaged.at(0)), (Range{first.size(), second.size() - 30 + 1}));
  EXPECT_FALSE(report.cut);
  EXPECT_EQ(left(), content.substr(0, content.size() - 30) + "\n");
}

TEST_F(SegmentRecoveryTest, ALostLineBreakBeforeTheSyncedEndIsPutBack) {
  const std::string whole = first + second + spool_line(3);
  std::string content = whole;
  content[first.size() + second.size() - 1] = 'x';  // now two lines are one, and the synced part ends inside of it
  disk.put(kSegment, content);
  const auto report = recover_on(disk, {0, 0, first.size() + second.size()});
  ASSERT_TRUE(report);
  EXPECT_EQ(left(), whole);
  EXPECT_TRUE(report->damaged.empty());
  EXPECT_EQ(report->lines(), 3U);
}

TEST_F(SegmentRecoveryTest, ADurableInsideOfASoundLineDoesNotTearIt) {
  const std::string content = first + second + "bad\n";
  for (Position durable = first.size() + 1; durable < first.size() + second.size(); ++durable) {
    const SegmentOutcome report = recover_content(content, durable);
    ASSERT_EQ(left(), first + second) << durable;
    ASSERT_EQ(report.lines(), 2U);
  }
}

TEST_F(SegmentRecoveryTest, BlankLinesAreLegal) {
  const std::string content = "\n" + first + "     \n\n" + second + "\n";
  const SegmentOutcome report = recover_content(content, std::nullopt);
  EXPECT_EQ(left(), content);
  EXPECT_EQ(report.lines(), 2U);
  EXPECT_TRUE(report.damaged.empty());
  EXPECT_EQ(recover_content(first + "   ", std::nullopt).end, first.size());  // without its end it is none
}

TEST_F(SegmentRecoveryTest, LinesAreCountedOnlyUpToTheEnd) {
  EXPECT_EQ(recover_content(first + second + "bad\n" + spool_line(4) + spool_line(5), std::nullopt).lines(), 2U);
}

}  // namespace
}  // namespace crawlspool::spool
