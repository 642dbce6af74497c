#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>

#include "daemon/spool/control/cursor.h"
#include "daemon/spool/storage/posix_file_system.h"
#include "tests/support/errors.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using test::code_of;

class CursorLockTest : public ::testing::Test {
 protected:
  [[nodiscard]] base::Result<CursorLock> take(const std::string& name = "loader") {
    return CursorLock::take(*directory, name, "crawlspool, pid 12");
  }
  [[nodiscard]] std::string path_of(const std::string& file) const { return temp.path().string() + "/cursors/" + file; }

  test::TempDir temp;
  std::unique_ptr<Directory> directory = *open_posix_directory(temp.path().string(), IfMissing::kFail);
};

TEST_F(CursorLockTest, TheSecondReaderIsToldOfTheFirst) {
  auto first = take();
  ASSERT_TRUE(first) << first.error().message();
  const auto second = take();
  EXPECT_EQ(code_of(second), ErrorCode::kLocked);
  EXPECT_NE(second.error().message().find("cursor loader is in use by crawlspool, pid 12"), std::string::npos);
  EXPECT_TRUE(take("another"));
}

TEST_F(CursorLockTest, ItIsFreeOnceTheReaderIsGone) {
  std::optional<base::Result<CursorLock>> first(take());
  ASSERT_TRUE(*first);
  first.reset();
  EXPECT_TRUE(take());
}

TEST_F(CursorLockTest, TheFileIsTheGroupsWhateverTheUmask) {
  const mode_t before = ::umask(077);
  const auto lock = take();
  ::umask(before);
  ASSERT_TRUE(lock);
  struct stat info {};
  ASSERT_EQ(::stat(path_of("loader.lock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660U);
}

TEST_F(CursorLockTest, ItIsNoCursor) {
  const auto lock = take();
  ASSERT_TRUE(lock);
  const auto cursors = list_cursors(*directory);
  ASSERT_TRUE(cursors);
  EXPECT_TRUE(cursors->empty());
}

TEST_F(CursorLockTest, OnlyAFreeOneIsRemoved) {
  CursorLock::remove_if_free(*directory, "loader");
  EXPECT_FALSE(std::filesystem::exists(temp.path() / "cursors"));
  {
    const auto lock = take();
    ASSERT_TRUE(lock);
    CursorLock::remove_if_free(*directory, "loader");
    EXPECT_TRUE(std::filesystem::exists(path_of("loader.lock")));
  }
  CursorLock::remove_if_free(*directory, "loader");
  EXPECT_FALSE(std::filesystem::exists(path_of("loader.lock")));
}

TEST_F(CursorLockTest, ALinkUnderItsNameIsNotFollowed) {
  std::filesystem::create_directory(temp.path() / "cursors");
  std::filesystem::create_symlink("/dev/null", path_of("loader.lock"));
  EXPECT_FALSE(take());
}

}  // namespace
}  // namespace crawlspool::spool
