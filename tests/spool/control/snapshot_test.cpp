#include "daemon/spool/control/snapshot.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/forgetful_file_system.h"
#include "tests/support/mutations.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using test::Call;
using test::ForgetfulDisk;

constexpr const char* kOurs = "ours";

// A snapshot whose sessions' numbers tell its position.
Snapshot snapshot_at(Position position) {
  Snapshot snapshot{position, test::kLineTimeUs, {}};
  snapshot.sessions.advance(7, {"worker-7", "spider"}, position + 1, test::kLineTimeUs - 1);
  snapshot.sessions.advance(~SessionKey{0}, {}, position + 2, 0);
  return snapshot;
}

class SnapshotTest : public ::testing::Test {
 protected:
  void write(Position position, const std::string& id = kOurs) {
    const auto directory = disk.open();
    SnapshotWriter writer(*directory, id, find_snapshot(*directory, id).places);
    ASSERT_TRUE(writer.write(snapshot_at(position)));
  }
  [[nodiscard]] SnapshotSearch find(const std::string& id = kOurs) { return find_snapshot(*disk.open(), id); }
  // The newest one's position; checks that its numbers are those of that position.
  [[nodiscard]] std::optional<Position> newest() {
    const auto found = find().newest;
    if (!found) return std::nullopt;
    EXPECT_EQ(found->created_us, test::kLineTimeUs);
    EXPECT_EQ(found->sessions.size(), 2U);
    const SessionState* const named = found->sessions.find(7);
    const SessionState* const unnamed = found->sessions.find(~SessionKey{0});
    EXPECT_TRUE(named != nullptr && named->last_seq == found->position + 1 && named->owner.client == "worker-7" &&
                named->owner.user == "spider" && named->last_used_us == test::kLineTimeUs - 1);
    EXPECT_TRUE(unnamed != nullptr && unnamed->last_seq == found->position + 2 && unnamed->owner.client.empty() &&
                unnamed->owner.user.empty() && unnamed->last_used_us == 0);
    return found->position;
  }
  [[nodiscard]] std::string file(std::string_view name) const { return disk.content(name).value_or("no file"); }
  void put(std::string_view name, std::string_view content) { disk.put(std::string(name), content); }

  ForgetfulDisk disk;
};

TEST_F(SnapshotTest, WhatWasWrittenIsRead) {
  EXPECT_FALSE(newest());
  EXPECT_TRUE(find().unusable.empty());
  write(1000);
  EXPECT_EQ(newest(), 1000U);
  write(~Position{0} - 2);
  EXPECT_EQ(newest(), ~Position{0} - 2);
}

TEST_F(SnapshotTest, MatchesTheGoldenFile) {
  const auto directory = disk.open();
  SnapshotWriter writer(*directory, kOurs, {});
  Snapshot snapshot{4718592, test::kLineTimeUs, {}};
  snapshot.sessions.advance(0xc1f2000000000abc, {"worker-7"}, 42, test::kLineTimeUs);
  ASSERT_TRUE(writer.write(snapshot));
  // The crc of each is Python's zlib.crc32 of what is before `,"crc32":`.
  EXPECT_EQ(file(kSnapshotName),
            R"({"position":4718592,"spool":"ours","created":"2026-11-20T04:05:06.123456Z","sessions":1,)"
            R"("crc32":"f0ba9eb8"})"
            "\n"
            R"({"session":"c1f2000000000abc","client":"worker-7","last_seq":42,)"
            R"("used":"2026-11-20T04:05:06.123456Z","crc32":"ccb1d15d"})"
            "\n");
}

TEST_F(SnapshotTest, TellsHowManyRecordsOfASessionWereRejected) {
  const auto directory = disk.open();
  SnapshotWriter writer(*directory, kOurs, {});
  Snapshot snapshot{1, test::kLineTimeUs, {}};
  snapshot.sessions.advance(0xc1f2000000000abd, {}, 42, test::kLineTimeUs, 3);
  ASSERT_TRUE(writer.write(snapshot));
  EXPECT_TRUE(
      file(kSnapshotName)
          .ends_with(R"({"session":"c1f2000000000abd","last_seq":42,"rejected":3,"used":"2026-11-20T04:05:06.123456Z",)"
                     R"("crc32":"00d12634"})"
                     "\n"));
  const auto found = find().newest;
  ASSERT_TRUE(found);
  EXPECT_EQ(found->sessions.find(0xc1f2000000000abd)->rejected, 3U);
}

TEST_F(SnapshotTest, TheNewerOfTheTwoIsTakenWhicheverFileItIsIn) {
  write(100);
  write(200);
  EXPECT_EQ(newest(), 200U);
  const std::string current = file(kSnapshotName);
  put(kSnapshotName, file(kPreviousSnapshotName));
  put(kPreviousSnapshotName, current);
  EXPECT_EQ(newest(), 200U);
  EXPECT_EQ(find().places.current, 100U);
  EXPECT_EQ(find().places.previous, 200U);
}

TEST_F(SnapshotTest, WithAnyByteOfTheNewerOneChangedTheOlderOneCounts) {
  write(100);
  write(200);
  const std::string sound = file(kSnapshotName);
  test::for_each_flip(sound, [&](const std::string& changed, std::size_t at) {
    put(kSnapshotName, changed);
    ASSERT_EQ(newest(), 100U) << at;
    ASSERT_EQ(find().unusable.size(), 1U);
    ASSERT_EQ(find().unusable.front().name, kSnapshotName);
    ASSERT_EQ(find().places.current, std::nullopt);
    ASSERT_EQ(find().places.previous, 100U);
  });
}

TEST_F(SnapshotTest, WithAnyByteOfTheOlderOneChangedTheNewerOneCounts) {
  write(100);
  write(200);
  const std::string sound = file(kPreviousSnapshotName);
  test::for_each_flip(sound, [&](const std::string& changed, std::size_t at) {
    put(kPreviousSnapshotName, changed);
    ASSERT_EQ(newest(), 200U) << at;
    ASSERT_EQ(find().places.previous, std::nullopt);
  });
}

TEST_F(SnapshotTest, CutAnywhereItIsNotBelieved) {
  write(100);
  write(200);
  const std::string sound = file(kSnapshotName);
  test::for_each_cut(sound, [&](const std::string& shorter, std::size_t bytes) {
    put(kSnapshotName, shorter);
    ASSERT_EQ(newest(), 100U) << bytes;
    ASSERT_EQ(find().unusable.size(), 1U);
  });
}

TEST_F(SnapshotTest, ALineFromElsewhereIsNoSessionOfIt) {
  write(100);
  const std::string sound = file(kSnapshotName);
  const std::size_t head_end = sound.find('\n') + 1;
  const std::string head = sound.substr(0, head_end);
  const std::string session = sound.substr(head_end, sound.find('\n', head_end) + 1 - head_end);
  for (const std::string& bad : {head + session, head + head + session, session + session, head + session + "{}\n",
                                 head + session + test::spool_line(1), "\n" + sound}) {
    put(kSnapshotName, bad);
    EXPECT_FALSE(find().newest) << bad;
    EXPECT_EQ(find().unusable.size(), 1U);
  }
}

TEST_F(SnapshotTest, WithoutASoundOneThereIsNone) {
  put(kSnapshotName, "");
  put(kPreviousSnapshotName, "garbage\n");
  EXPECT_FALSE(newest());
  EXPECT_EQ(find().unusable.size(), 2U);
}

TEST_F(SnapshotTest, AnotherSpoolsIsNotTaken) {
  write(100);
  EXPECT_FALSE(find("theirs").newest);
  ASSERT_EQ(find("theirs").unusable.size(), 1U);
  EXPECT_EQ(find("theirs").unusable.front().why, "is of another spool");
  write(50, "theirs");  // its own writer does not take it for older than what is there
  EXPECT_EQ(find("theirs").newest->position, 50U);
}

TEST_F(SnapshotTest, ALinkOrAnUnreadableOneIsReportedAndTheOtherIsTaken) {
  write(100);
  write(200);
  disk.fail({Call::kRead, EIO, std::string(kSnapshotName)});
  const SnapshotSearch search = find();
  EXPECT_EQ(search.newest->position, 100U);
  EXPECT_EQ(search.unusable.size(), 1U);
  disk.clear_faults();
  ASSERT_TRUE(disk.open()->link_to("elsewhere", std::string(kSnapshotName)));
  EXPECT_EQ(newest(), 100U);
  EXPECT_EQ(find().unusable.size(), 1U);
}

TEST_F(SnapshotTest, ManySessionsAreAllRead) {
  Snapshot snapshot{1, 0, {}};
  for (SessionKey key = 0; key < 20'000; ++key)
    snapshot.sessions.advance(key * 0x9e3779b97f4a7c15, {"c" + std::to_string(key)}, key,
                              static_cast<std::int64_t>(key));
  const auto directory = disk.open();
  ASSERT_TRUE(SnapshotWriter(*directory, kOurs, {}).write(snapshot));
  const auto found = find().newest;
  ASSERT_TRUE(found);
  ASSERT_EQ(found->sessions.size(), snapshot.sessions.size());
  for (const auto& [key, state] : snapshot.sessions) {
    const SessionState* const read = found->sessions.find(key);
    ASSERT_NE(read, nullptr);
    ASSERT_TRUE(read->owner.client == state.owner.client && read->last_seq == state.last_seq &&
                read->last_used_us == state.last_used_us);
  }
}

}  // namespace
}  // namespace crawlspool::spool
