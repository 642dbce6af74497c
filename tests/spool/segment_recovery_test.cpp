#include "daemon/spool/recovery.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "tests/support/forgetful_file_system.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::ForgetfulDisk;
using test::marked;
using test::spool_line;

constexpr const char* kSegment = "segment";

using Range = std::pair<Position, std::uint64_t>;
Range range(const ByteRange& bytes) { return {bytes.position, bytes.bytes}; }

base::Result<RecoveryReport> recover(ForgetfulDisk& disk, Position begin, std::optional<Position> durable) {
  const auto directory = disk.open();
  const auto segment = directory->open(kSegment, OpenMode::kWrite);
  if (!segment) return tl::unexpected(segment.error());
  return recover_segment(*directory, **segment, begin, durable);
}

class Recovery : public ::testing::Test {
 protected:
  // Recovers a segment of `content`; what is left is on the disk, and a second recovery agrees and changes nothing.
  RecoveryReport recover_content(std::string_view content, std::optional<Position> durable, Position begin = 0) {
    disk = ForgetfulDisk();
    disk.put(kSegment, content);
    const auto report = recover(disk, begin, durable);
    EXPECT_TRUE(report.has_value());
    if (!report) return {};
    disk.crash();
    const std::string kept = left();
    EXPECT_EQ(begin + kept.size(), report->end);
    const auto again = recover(disk, begin, report->end);
    EXPECT_TRUE(again && !again->cut && !again->missing && again->lines == report->lines);
    EXPECT_EQ(left(), kept);
    return *report;
  }
  [[nodiscard]] std::string left() const { return disk.content(kSegment).value_or("no segment"); }
  [[nodiscard]] std::string cut_at(Position position) const {
    return disk.content("cut/" + position_digits(position)).value_or("nothing cut");
  }

  ForgetfulDisk disk;
  const std::string first = marked(spool_line(1, R"({"a":"first"})"), 0);
  const std::string second = spool_line(2, R"({"b":"second"})");
  const std::string third = marked(spool_line(3, R"({"c":"third"})"), first.size() + second.size());
};

TEST_F(Recovery, KeepsASoundSegmentAsItIs) {
  const RecoveryReport report = recover_content(first + second + third, std::nullopt, 1'000'000);
  EXPECT_EQ(left(), first + second + third);
  EXPECT_EQ(report.begin, 1'000'000U);
  EXPECT_EQ(report.lines, 3U);
  EXPECT_FALSE(report.cut || report.missing);
  EXPECT_TRUE(report.damaged.empty());
  EXPECT_EQ(recover_content("", std::nullopt).end, 0U);
}

TEST_F(Recovery, TornTailIsCutAtEveryByteOfTheLastLines) {
  const std::string all = first + second + third;
  for (std::size_t size = first.size(); size <= all.size(); ++size) {
    const RecoveryReport report = recover_content(all.substr(0, size), first.size());
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

TEST_F(Recovery, EachFlippedByteBehindTheSyncedPartEndsTheLogThere) {
  const std::string all = first + second + third;
  for (std::size_t at = first.size(); at < first.size() + second.size(); ++at) {
    std::string content = first + second + spool_line(3);  // no mark: nothing says that the second one was synced
    content[at] = static_cast<char>(content[at] ^ 1);
    const RecoveryReport report = recover_content(content, first.size());
    ASSERT_EQ(left(), first) << at;
    ASSERT_EQ(cut_at(first.size()), content.substr(first.size())) << at;
    ASSERT_TRUE(report.damaged.empty()) << at;
  }
}

TEST_F(Recovery, ZerosWithWholeLinesBehindThemAreCutTogether) {
  const std::string tail = std::string(5000, '\0') + second + spool_line(4);
  const RecoveryReport report = recover_content(first + tail, std::nullopt);
  EXPECT_EQ(left(), first);
  EXPECT_EQ(cut_at(first.size()), tail);
  EXPECT_EQ(range(report.cut.value()), (Range{first.size(), tail.size()}));
  EXPECT_TRUE(report.cut_was_kept);
}

TEST_F(Recovery, GarbageIsCut) {
  for (const std::string garbage : {"\n", "garbage\n", "{}\n", "{\"crc32\":\"00000000\"}\n", "\xff\xfe", "\r\n"}) {
    const RecoveryReport report = recover_content(first + garbage + second, std::nullopt);
    if (garbage == "\n") {
      EXPECT_FALSE(report.cut);  // a blank line is legal
    } else {
      EXPECT_EQ(left(), first) << garbage;
    }
  }
}

TEST_F(Recovery, DamageBeforeTheSyncedPartIsReportedAndWhatFollowsIsKept) {
  for (std::size_t at = first.size(); at + 1 < first.size() + second.size(); ++at) {
    std::string content = first + second + third;
    content[at] = static_cast<char>(content[at] ^ 0x80);
    const RecoveryReport report = recover_content(content, std::nullopt);  // third's mark covers second
    ASSERT_EQ(left(), content) << at;
    ASSERT_EQ(report.damaged.size(), 1U) << at;
    ASSERT_EQ(range(report.damaged[0]), (Range{first.size(), second.size()})) << at;
    ASSERT_EQ(report.lines, 2U);
    ASSERT_FALSE(report.cut);
  }
}

TEST_F(Recovery, NeighbouringDamageIsOneRange) {
  const std::string content = first + "bad\n" + "worse\n" + second + "bad\n" + spool_line(4);
  const RecoveryReport report = recover_content(content, content.size());
  ASSERT_EQ(report.damaged.size(), 2U);
  EXPECT_EQ(range(report.damaged[0]), (Range{first.size(), 10}));
  EXPECT_EQ(range(report.damaged[1]), (Range{first.size() + 10 + second.size(), 4}));
}

TEST_F(Recovery, TheGreatestOfDurableAndMarksDecides) {
  const std::string bad = "bad line\n";
  const std::string content = first + bad + second + bad;
  const Position behind_first_bad = first.size() + bad.size();
  EXPECT_EQ(recover_content(content, std::nullopt).end, first.size());
  EXPECT_EQ(recover_content(content, behind_first_bad).end, behind_first_bad + second.size());
  EXPECT_EQ(recover_content(content, content.size()).end, content.size());
  const std::string with_mark = first + bad + marked(second, behind_first_bad) + bad;
  for (const std::optional<Position> durable : {std::optional<Position>(), std::optional<Position>(first.size())}) {
    const RecoveryReport report = recover_content(with_mark, durable);
    EXPECT_EQ(report.known_synced, behind_first_bad);
    EXPECT_EQ(report.end, with_mark.size() - bad.size());
  }
  EXPECT_EQ(recover_content(with_mark, with_mark.size()).known_synced, with_mark.size());
}

TEST_F(Recovery, AMarkBeyondItsOwnLineIsNotBelieved) {
  const Position own = first.size() + 4;
  const RecoveryReport report = recover_content(first + "bad\n" + marked(second, own + 1), std::nullopt);
  EXPECT_EQ(report.known_synced, 0U);
  EXPECT_FALSE(report.missing);
  EXPECT_EQ(left(), first);
  EXPECT_EQ(recover_content(first + "bad\n" + marked(second, own), std::nullopt).known_synced, own);
  EXPECT_EQ(recover_content(first + marked(second, 100'000), std::nullopt).end, first.size());
}

TEST_F(Recovery, DurableBeyondTheEndIsReportedAndCutsNothing) {
  const std::string content = first + second;
  RecoveryReport report = recover_content(content, content.size() + 77);
  EXPECT_EQ(range(report.missing.value()), (Range{content.size(), 77}));
  EXPECT_EQ(left(), content);
  // A torn line before the promised end is damage: kept, and ended so that the next line is not joined to it.
  report = recover_content(content.substr(0, content.size() - 30), content.size());
  EXPECT_EQ(range(report.missing.value()), (Range{content.size() - 30, 30}));
  EXPECT_EQ(range(report.damaged.at(0)), (Range{first.size(), second.size() - 30}));
  EXPECT_FALSE(report.cut);
  EXPECT_EQ(left(), content.substr(0, content.size() - 30) + "\n");
}

TEST_F(Recovery, ALostLineBreakBeforeTheSyncedEndCostsNotTheLineBehind) {
  std::string content = first + second + spool_line(3);
  content[first.size() + second.size() - 1] = 'x';  // now two lines are one, and the synced part ends inside of it
  const RecoveryReport report = recover_content(content, first.size() + second.size());
  EXPECT_EQ(left(), content);
  EXPECT_EQ(range(report.damaged.at(0)), (Range{first.size(), second.size()}));
}

TEST_F(Recovery, ADurableInsideOfASoundLineDoesNotTearIt) {
  const std::string content = first + second + "bad\n";
  for (Position durable = first.size() + 1; durable < first.size() + second.size(); ++durable) {
    const RecoveryReport report = recover_content(content, durable);
    ASSERT_EQ(left(), first + second) << durable;
    ASSERT_EQ(report.lines, 2U);
  }
}

TEST_F(Recovery, BlankLinesAreLegal) {
  const std::string content = "\n" + first + "     \n\n" + second + "\n";
  const RecoveryReport report = recover_content(content, std::nullopt);
  EXPECT_EQ(left(), content);
  EXPECT_EQ(report.lines, 2U);
  EXPECT_TRUE(report.damaged.empty());
  EXPECT_EQ(recover_content(first + "   ", std::nullopt).end, first.size());  // without its end it is none
}

TEST_F(Recovery, LinesAreCountedOnlyUpToTheEnd) {
  EXPECT_EQ(recover_content(first + second + "bad\n" + spool_line(4) + spool_line(5), std::nullopt).lines, 2U);
}

TEST_F(Recovery, ReadsOnlyAfterSyncAndDroppedCache) {
  disk.put(kSegment, first);
  ASSERT_TRUE(recover(disk, 0, std::nullopt));
  const auto calls = disk.calls();
  const auto place = [&](Call call) {
    return std::find_if(calls.begin(), calls.end(), [&](const auto& made) { return made.call == call; });
  };
  EXPECT_LT(place(Call::kSyncData), place(Call::kDropCache));
  EXPECT_LT(place(Call::kDropCache), place(Call::kRead));
  EXPECT_NE(place(Call::kRead), calls.end());
}

TEST_F(Recovery, DoesNotBelieveACacheThatTheDiskNeverGot) {
  disk.put(kSegment, first);
  const auto directory = disk.open();
  const auto segment = directory->open(kSegment, OpenMode::kWrite);
  const std::string_view parts[] = {second};
  ASSERT_TRUE(write_fully(**segment, first.size(), parts));
  disk.fail({Call::kSyncData, EIO, kSegment});
  ASSERT_FALSE((*segment)->sync_data());
  ASSERT_EQ(left(), first + second);  // stale pages: it looks as if it were there
  const auto report = recover(disk, 0, first.size());
  ASSERT_TRUE(report);
  EXPECT_EQ(report->end, first.size());
  EXPECT_EQ(left(), first);
}

TEST_F(Recovery, WithoutRoomForTheCopyTheTailIsCutAllTheSame) {
  disk.put(kSegment, first + "torn");
  disk.fail({Call::kWrite, ENOSPC, position_digits(first.size())});
  const auto report = recover(disk, 0, std::nullopt);
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->cut_was_kept);
  EXPECT_EQ(left(), first);
}

TEST_F(Recovery, AnyOtherFailureEndsItWithTheSegmentUncut) {
  const std::string content = first + "torn";
  for (const Call call : {Call::kSyncData, Call::kRead, Call::kTruncate, Call::kCreate, Call::kWrite}) {
    disk = ForgetfulDisk();
    disk.put(kSegment, content);
    disk.fail({call, EIO, ""});
    ASSERT_FALSE(recover(disk, 0, std::nullopt));
    EXPECT_EQ(left(), content);
  }
}

TEST_F(Recovery, ACrashAtEachStorageCallLeavesSomethingToRecoverAgain) {
  const std::string tail = std::string(3000, '\0') + second + spool_line(4) + "{\"torn";
  disk.put(kSegment, first + second + tail);
  ASSERT_TRUE(recover(disk, 0, std::nullopt));
  const std::uint64_t changes = disk.changes();
  ASSERT_GE(changes, 7U);  // sync, cut/ made, copied and synced, truncate, sync
  for (std::uint64_t n = 0; n < changes; ++n) {
    for (const bool everything_arrives : {false, true}) {
      disk = ForgetfulDisk();
      disk.put(kSegment, first + second + tail);
      disk.stop_after(n);
      ASSERT_FALSE(recover(disk, 0, std::nullopt)) << n;
      disk.crash([&] { return everything_arrives; });
      ASSERT_TRUE(recover(disk, 0, std::nullopt)) << n;
      disk.crash();
      ASSERT_EQ(left(), first + second) << n;
      ASSERT_EQ(cut_at(first.size() + second.size()), tail) << n;
    }
  }
}

}  // namespace
}  // namespace crawlspool::spool
