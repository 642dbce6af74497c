#include "cli/send/session_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::cli {
namespace {

using base::ErrorCode;
using test::code_of;

SessionState some_state() {
  SessionState state;
  state.session = "5f3a9c1204be77d0a1c25be6900f3e12";
  state.client = "c";
  state.number = 7;
  return state;
}

TEST(SessionFile, ANewOneHasNoState) {
  const test::TempDir temp;
  const auto file = SessionFile::open(temp.file("s"));
  ASSERT_TRUE(file);
  EXPECT_FALSE((*file)->found());
}

TEST(SessionFile, WhatWasSavedIsFound) {
  const test::TempDir temp;
  {
    const auto file = SessionFile::open(temp.file("s"));
    ASSERT_TRUE(file);
    SessionState older = some_state();
    older.number = 6;
    ASSERT_TRUE((*file)->save(older));
    ASSERT_TRUE((*file)->save(some_state()));
  }
  const auto file = SessionFile::open(temp.file("s"));
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->found(), some_state());
  EXPECT_FALSE(std::filesystem::exists(temp.file("s.new")));
}

TEST(SessionFile, IsForItsOwnerOnly) {
  const test::TempDir temp;
  const std::string path = temp.write("s", render(some_state()));
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  const auto file = SessionFile::open(path);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->save(some_state()));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0600));
}

TEST(SessionFile, BelongsToOneAtATimeBeforeAndAfterASave) {
  const test::TempDir temp;
  {
    const auto first = SessionFile::open(temp.file("s"));
    ASSERT_TRUE(first);
    EXPECT_EQ(code_of(SessionFile::open(temp.file("s"))), ErrorCode::kLocked);
    ASSERT_TRUE((*first)->save(some_state()));
    const auto second = SessionFile::open(temp.file("s"));
    ASSERT_EQ(code_of(second), ErrorCode::kLocked);
    EXPECT_NE(second.error().message().find(temp.file("s")), std::string::npos);
  }
  EXPECT_TRUE(SessionFile::open(temp.file("s")));
}

TEST(SessionFile, WhatIsNoSessionFileIsNamedAndLeftAlone) {
  const test::TempDir temp;
  const std::string path = temp.write("items.ndjson", "{\"a\":1}\n");
  const auto file = SessionFile::open(path);
  ASSERT_EQ(code_of(file), ErrorCode::kDamaged);
  EXPECT_NE(file.error().message().find("items.ndjson"), std::string::npos);
  EXPECT_EQ(test::read_all(path), "{\"a\":1}\n");
  EXPECT_EQ(code_of(SessionFile::open(temp.write("large", std::string(100'000, 'x')))), ErrorCode::kDamaged);
}

TEST(SessionFile, IsNeverALink) {
  const test::TempDir temp;
  std::filesystem::create_symlink(temp.file("target"), temp.file("link"));
  EXPECT_FALSE(SessionFile::open(temp.file("link")));
  EXPECT_FALSE(std::filesystem::exists(temp.file("target")));
}

TEST(SessionFile, ADirectoryThatIsNotThereIsNamed) {
  const test::TempDir temp;
  const auto file = SessionFile::open(temp.file("none/s"));
  ASSERT_EQ(code_of(file), ErrorCode::kNotFound);
  EXPECT_NE(file.error().message().find("none/s"), std::string::npos);
}

}  // namespace
}  // namespace crawlspool::cli
