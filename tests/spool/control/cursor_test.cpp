#include "daemon/spool/control/cursor.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/support/crash_points.h"
#include "tests/support/errors.h"
#include "tests/support/forgetful_file_system.h"
#include "tests/support/mutations.h"
#include "tests/support/spool_lines.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::Call;
using test::code_of;
using test::ForgetfulDisk;

const Cursor kCursor{"ours", 4718592, 119, 0xabcd};

void expect_equal(const base::Result<Cursor>& read, const Cursor& stored) {
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->spool_id, stored.spool_id);
  EXPECT_EQ(read->position, stored.position);
  EXPECT_EQ(read->last_line_bytes, stored.last_line_bytes);
  EXPECT_EQ(read->last_line_crc, stored.last_line_crc);
}

class CursorTest : public ::testing::Test {
 protected:
  void put(const std::string& file, std::string_view content) {
    const auto cursors = directory->open_directory(std::string(kCursorsName));
    ASSERT_TRUE(write_new_file(**cursors, file, content));
  }
  [[nodiscard]] std::string text_of(const std::string& name) const {
    return disk.content("cursors/" + name + ".json").value_or("no file");
  }

  ForgetfulDisk disk;
  std::unique_ptr<Directory> directory = disk.open();
};

TEST(CursorName, IsOneToSixtyFourOfAFewCharacters) {
  for (const std::string name : {"a", "z9", "loader-1", "_", "-", "0"}) EXPECT_TRUE(is_cursor_name(name)) << name;
  EXPECT_TRUE(is_cursor_name(std::string(64, 'a')));
  for (const std::string name : {"", ".", "..", "a.b", "a/b", "../a", "A", "ä", "a b", "a\n", "a.json", "*"})
    EXPECT_FALSE(is_cursor_name(name)) << name;
  EXPECT_FALSE(is_cursor_name(std::string(65, 'a')));
  EXPECT_FALSE(is_cursor_name(std::string("a\0b", 3)));
}

TEST_F(CursorTest, WhatWasStoredIsReadAlsoAfterACrash) {
  EXPECT_EQ(code_of(read_cursor(*directory, "loader")), ErrorCode::kNotFound);
  const Cursor all[] = {kCursor, {"ours", 0, 0, 0}, {"theirs", ~Position{0}, ~Position{0}, 0xffffffff}};
  for (const Cursor& cursor : all) {
    ASSERT_TRUE(store_cursor(*directory, "loader", cursor));
    disk.crash();
    expect_equal(read_cursor(*disk.open(), "loader"), cursor);
  }
}

TEST_F(CursorTest, MatchesTheGoldenFile) {
  ASSERT_TRUE(store_cursor(*directory, "loader", kCursor));
  // The crc is Python's zlib.crc32 of what is before `,"crc32":`.
  EXPECT_EQ(text_of("loader"),
            R"({"spool":"ours","position":4718592,"line_bytes":119,"line_crc32":"0000abcd","crc32":"0512b801"})"
            "\n");
}

TEST_F(CursorTest, WithAnyByteChangedItIsDamagedAndNeverAnotherPlace) {
  ASSERT_TRUE(store_cursor(*directory, "loader", kCursor));
  test::for_each_flip(text_of("loader"), [&](const std::string& changed, std::size_t at) {
    put("loader.json", changed);
    ASSERT_EQ(code_of(read_cursor(*directory, "loader")), ErrorCode::kDamaged) << at;
  });
}

TEST_F(CursorTest, CutAnywhereItIsDamaged) {
  ASSERT_TRUE(store_cursor(*directory, "loader", kCursor));
  const std::string whole = text_of("loader");
  test::for_each_cut(whole, [&](const std::string& shorter, std::size_t bytes) {
    put("loader.json", shorter);
    ASSERT_EQ(code_of(read_cursor(*directory, "loader")), ErrorCode::kDamaged) << bytes;
  });
  for (const std::string& longer : {whole + "\n", whole + whole, whole + std::string(5000, ' ')}) {
    put("loader.json", longer);
    EXPECT_EQ(code_of(read_cursor(*directory, "loader")), ErrorCode::kDamaged);
  }
}

TEST_F(CursorTest, WhatProvesItselfAndMakesNoSenseIsDamaged) {
  for (std::string text :
       {R"({"spool":"ours","position":5,"line_bytes":6,"line_crc32":"0000abcd")",  // before the spool
        R"({"spool":"ours","position":-5,"line_bytes":0,"line_crc32":"0000abcd")",
        R"({"spool":"ours","position":5,"line_bytes":0,"line_crc32":"0000abcx")",
        R"({"position":5,"line_bytes":0,"line_crc32":"0000abcd")", R"({"spool":"ours","position":5)",
        R"({"ts":"2026-11-20T04:05:06.123456Z","record":{})"}) {
    append_crc_trailer(text, 0);
    put("loader.json", text);
    EXPECT_EQ(code_of(read_cursor(*directory, "loader")), ErrorCode::kDamaged) << text;
  }
}

TEST_F(CursorTest, ACrashAtEachChangeLeavesTheOldOrTheNewOne) {
  const Cursor next{"ours", 5'000'000, 200, 0x1234};
  for (const bool has_old : {false, true}) {
    test::crash_at_each_change(
        [&](ForgetfulDisk& fresh) { ASSERT_TRUE(!has_old || store_cursor(*fresh.open(), "loader", kCursor)); },
        [&](ForgetfulDisk& stopping) { return store_cursor(*stopping.open(), "loader", next).has_value(); },
        [&](ForgetfulDisk& crashed, const test::CrashPoint& point) {
          const auto read = read_cursor(*crashed.open(), "loader");
          if (point.done || (read && read->position == next.position))
            expect_equal(read, next);
          else if (has_old)
            expect_equal(read, kCursor);
          else
            EXPECT_EQ(code_of(read), ErrorCode::kNotFound);
        });
  }
}

TEST_F(CursorTest, AFullDiskLeavesTheOldOneAndNothingBesideIt) {
  ASSERT_TRUE(store_cursor(*directory, "loader", kCursor));
  for (const Call call : {Call::kCreate, Call::kTruncate, Call::kWrite, Call::kSync, Call::kRename}) {
    disk.fail({call, ENOSPC, ""});
    EXPECT_EQ(code_of(store_cursor(*directory, "loader", {"ours", 1, 1, 1})), ErrorCode::kDiskFull);
    expect_equal(read_cursor(*directory, "loader"), kCursor);
  }
  ASSERT_TRUE(store_cursor(*directory, "loader", kCursor));
  EXPECT_EQ(disk.names("cursors"), std::vector<std::string>{"loader.json"});
}

TEST_F(CursorTest, AllAreListedByNameTheDamagedToo) {
  EXPECT_EQ(list_cursors(*directory)->size(), 0U);
  ASSERT_TRUE(store_cursor(*directory, "second", {"ours", 20, 2, 2}));
  ASSERT_TRUE(store_cursor(*directory, "first", {"ours", 10, 1, 1}));
  put("broken.json", "{}\n");
  const auto all = list_cursors(*directory);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3U);
  EXPECT_EQ((*all)[0].name, "broken");
  EXPECT_EQ(code_of((*all)[0].cursor), ErrorCode::kDamaged);
  EXPECT_EQ((*all)[1].name, "first");
  EXPECT_EQ((*all)[1].cursor->position, 10U);
  EXPECT_EQ((*all)[2].name, "second");
}

TEST_F(CursorTest, OtherFilesAreNoCursors) {
  ASSERT_TRUE(store_cursor(*directory, "loader", kCursor));
  const std::string text = text_of("loader");
  for (const char* name : {"loader.json.tmp", "UPPER.json", ".json", "notes.txt", "loader", "a.b.json"})
    put(name, text);
  EXPECT_EQ(list_cursors(*directory)->size(), 1U);
}

TEST_F(CursorTest, AnUnreadableOneIsListedAsSuch) {
  ASSERT_TRUE(store_cursor(*directory, "loader", kCursor));
  disk.fail({Call::kRead, EIO, "loader.json"});
  EXPECT_EQ(code_of(list_cursors(*directory)->front().cursor), ErrorCode::kIo);
}

}  // namespace
}  // namespace crawlspool::spool
