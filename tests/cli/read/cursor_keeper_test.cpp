// What cat and tail do with a cursor.
#include "cli/read/cursor_keeper.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "daemon/spool/storage/posix_file_system.h"
#include "tests/cli/command_fixture.h"

namespace crawlspool::cli {
namespace {

class CursorReadingTest : public CommandTest {
 protected:
  void SetUp() override {
    for (int i = 0; i < 9; ++i) content += numbered_line(i);
    make_spool(content);
    set_durable(content.size());
  }
  [[nodiscard]] std::size_t line_bytes() const { return content.size() / 9; }
  Ran read(std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"cat", "--records", "--cursor", "reader"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return on_spool(std::move(arguments));
  }
  std::string records(std::vector<std::string> more = {}) {
    const Ran ran = read(std::move(more));
    EXPECT_EQ(ran.exit_code, kExitOk) << ran.err;
    std::string found = ran.out;
    std::erase(found, '\n');
    return found;
  }
  [[nodiscard]] spool::Cursor cursor() const {
    const auto directory = spool::open_posix_directory(spool_path, spool::IfMissing::kFail);
    return spool::read_cursor(**directory, "reader").value();
  }
  [[nodiscard]] std::string cursor_file() const { return temp.file("cursors/reader.json"); }
  void keep_only_from(std::size_t line) {
    std::filesystem::remove(temp.path() / "00000000000000000000.ndjson.open");
    const std::size_t position = line * line_bytes();
    static_cast<void>(temp.write(spool::segment_file_name({position, spool::SegmentKind::kOpen}),
                                 content.substr(std::min(position, content.size()))));
  }

  std::string content;
};

TEST_F(CursorReadingTest, EachReadingGoesOnWhereTheLastEnded) {
  set_durable(3 * line_bytes());
  EXPECT_EQ(records(), "012");
  EXPECT_EQ(records(), "");
  EXPECT_EQ(cursor().position, 3 * line_bytes());
  EXPECT_EQ(cursor().last_line_bytes, line_bytes());
  EXPECT_EQ(cursor().spool_id, kSpoolId);
  set_durable(content.size());
  EXPECT_EQ(records(), "345678");
}

TEST_F(CursorReadingTest, WhatIsNotDurableIsNotRead) {
  set_durable(3 * line_bytes() - 1);  // within a line: no commit ends there
  EXPECT_EQ(records(), "01");
  static_cast<void>(temp.write("durable", "garbage"));
  EXPECT_EQ(records(), "");
  std::filesystem::rename(temp.path() / "00000000000000000000.ndjson.open",
                          temp.path() / "00000000000000000000.ndjson");
  EXPECT_EQ(records(), "2345678");
}

TEST_F(CursorReadingTest, LinesThatAreFilteredOutCountAsRead) {
  EXPECT_EQ(records({"--stream", "other"}), "");
  EXPECT_EQ(cursor().position, content.size());
  EXPECT_EQ(records(), "");
}

TEST_F(CursorReadingTest, ANewCursorOfTailMayBeginWithTheLastLines) {
  EXPECT_EQ(on_spool({"tail", "--records", "-n", "2", "--cursor", "reader"}).out, "7\n8\n");
  EXPECT_EQ(on_spool({"tail", "--records", "-n", "2", "--cursor", "reader"}).out, "");
  EXPECT_EQ(on_spool({"tail", "--records", "-n", "0", "--cursor", "other"}).out, "");
  EXPECT_EQ(on_spool({"tail", "--records", "--cursor", "third"}).out, "0\n1\n2\n3\n4\n5\n6\n7\n8\n");
}

TEST_F(CursorReadingTest, DamageIsToldOnceAndPassed) {
  content.replace(4 * line_bytes() + 10, 1, "X");
  make_spool(content);
  const Ran ran = read();
  EXPECT_EQ(ran.exit_code, kExitDamaged);
  EXPECT_EQ(ran.out, "0\n1\n2\n3\n5\n6\n7\n8\n");
  EXPECT_EQ(records(), "");
}

TEST_F(CursorReadingTest, RemovedLinesThatWereReadAreNoLoss) {
  set_durable(5 * line_bytes());
  EXPECT_EQ(records(), "01234");
  set_durable(content.size());
  keep_only_from(5);
  EXPECT_EQ(records(), "5678");
}

TEST_F(CursorReadingTest, RemovedLinesThatWereNotReadAreToldAndSkippedOnlyIfAsked) {
  set_durable(5 * line_bytes());
  EXPECT_EQ(records(), "01234");
  set_durable(content.size());
  keep_only_from(7);
  const Ran lost = read();
  EXPECT_EQ(lost.exit_code, kExitDamaged);
  EXPECT_EQ(lost.out, "");
  const std::string affected = std::to_string(2 * line_bytes()) + " bytes";
  EXPECT_NE(lost.err.find(affected), std::string::npos) << lost.err;
  EXPECT_NE(lost.err.find("cursor reader"), std::string::npos);
  EXPECT_NE(lost.err.find("position " + std::to_string(7 * line_bytes())), std::string::npos);
  EXPECT_EQ(cursor().position, 5 * line_bytes());
  const Ran skipped = read({"--skip"});
  EXPECT_EQ(skipped.exit_code, kExitOk);
  EXPECT_EQ(skipped.out, "7\n8\n");
  EXPECT_NE(skipped.err.find(affected), std::string::npos);
  EXPECT_EQ(records(), "");
}

TEST_F(CursorReadingTest, ASpoolThatEndsBeforeTheCursorIsTold) {
  EXPECT_EQ(records(), "012345678");
  make_spool(content.substr(0, 4 * line_bytes()));
  const Ran lost = read();
  EXPECT_EQ(lost.exit_code, kExitDamaged);
  EXPECT_NE(lost.err.find(std::to_string(5 * line_bytes()) + " bytes beyond"), std::string::npos) << lost.err;
  EXPECT_EQ(records({"--skip"}), "");
  EXPECT_EQ(cursor().position, 4 * line_bytes());
  EXPECT_EQ(records(), "");
}

TEST_F(CursorReadingTest, AnotherLineInTheLastOnesPlaceIsTold) {
  set_durable(5 * line_bytes());
  EXPECT_EQ(records(), "01234");
  content.replace(4 * line_bytes(), line_bytes(), numbered_line(9));
  make_spool(content);
  const Ran lost = read();
  EXPECT_EQ(lost.exit_code, kExitDamaged);
  EXPECT_NE(lost.err.find("not there any more"), std::string::npos) << lost.err;
  set_durable(6 * line_bytes());
  EXPECT_EQ(records({"--skip"}), "5");
  EXPECT_EQ(records(), "");
}

TEST_F(CursorReadingTest, ALastLineThatRepairBlankedIsNoLoss) {
  set_durable(5 * line_bytes());
  EXPECT_EQ(records(), "01234");
  content.replace(4 * line_bytes(), line_bytes() - 1, std::string(line_bytes() - 1, ' '));
  make_spool(content);
  set_durable(content.size());
  EXPECT_EQ(records(), "5678");
}

TEST_F(CursorReadingTest, AnotherSpoolIsTold) {
  EXPECT_EQ(records(), "012345678");
  static_cast<void>(temp.write("spool.json", R"({"format":1,"id":"ffffffffffffffffffffffffffffffff"})"));
  const Ran lost = read();
  EXPECT_EQ(lost.exit_code, kExitDamaged);
  EXPECT_NE(lost.err.find(kSpoolId), std::string::npos);
  EXPECT_EQ(records({"--skip"}), "012345678");
  EXPECT_EQ(records(), "");
}

TEST_F(CursorReadingTest, ADamagedCursorIsNamedAndNotOverwritten) {
  EXPECT_EQ(records(), "012345678");
  std::string text = test::read_all(cursor_file());
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string damaged = text;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    static_cast<void>(temp.write("cursors/reader.json", damaged));
    const Ran ran = read();
    EXPECT_EQ(ran.exit_code, kExitFailed) << at;
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find("cursors/reader.json"), std::string::npos);
    EXPECT_EQ(test::read_all(cursor_file()), damaged);
  }
  static_cast<void>(temp.write("cursors/reader.json", text.substr(0, text.size() / 2)));
  EXPECT_EQ(records({"--skip"}), "012345678");
  EXPECT_EQ(test::read_all(cursor_file()), text);
}

TEST_F(CursorReadingTest, TwoReadersOfOneCursorAreNoticed) {
  const auto directory = spool::open_posix_directory(spool_path, spool::IfMissing::kFail);
  CursorKeeper one(**directory, "reader");
  CursorKeeper other(**directory, "reader");
  ASSERT_TRUE(one.find() && other.find());
  ASSERT_TRUE(one.begin(0));
  EXPECT_FALSE(other.begin(line_bytes()));
  EXPECT_EQ(cursor().position, 0U);
  std::filesystem::remove(cursor_file());
  one.take({0, std::string_view(content).substr(0, line_bytes()), {}, spool::LineKind::kSound});
  const auto kept = one.keep();
  ASSERT_FALSE(kept);
  EXPECT_NE(kept.error().message().find("removed"), std::string::npos);
}

TEST_F(CursorReadingTest, CursorsAreListedAndGivenUp) {
  set_durable(3 * line_bytes());
  EXPECT_EQ(on_spool({"cursors"}).out, "");
  EXPECT_FALSE(std::filesystem::exists(temp.path() / "cursors"));
  EXPECT_EQ(records(), "012");
  set_durable(content.size());
  const Ran listed = on_spool({"cursors"});
  EXPECT_EQ(listed.exit_code, kExitOk);
  const std::string begin = "reader  " + std::to_string(3 * line_bytes()) + "  " + std::to_string(6 * line_bytes());
  EXPECT_TRUE(listed.out.starts_with(begin)) << listed.out;
  static_cast<void>(temp.write("cursors/bad.json", "{}"));
  const Ran damaged = on_spool({"cursors"});
  EXPECT_EQ(damaged.exit_code, kExitDamaged);
  EXPECT_NE(damaged.err.find("cursors/bad.json"), std::string::npos);
  EXPECT_EQ(on_spool({"cursors", "--remove", "bad"}).exit_code, kExitOk);
  EXPECT_EQ(on_spool({"cursors", "--remove", "bad"}).exit_code, kExitFailed);
  EXPECT_EQ(on_spool({"cursors"}).exit_code, kExitOk);
}

}  // namespace
}  // namespace crawlspool::cli
