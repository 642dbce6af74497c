// Large writes go past the page cache in part; what is read is the same.
#include "daemon/spool/storage/posix_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;

std::string some_bytes(std::size_t bytes, unsigned seed) {
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>('a' + (seed = seed * 1664525U + 1013904223U) % 26);
  return text;
}

// Of uneven length, some empty.
std::vector<std::string_view> cut_up(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t length = 0; !text.empty(); length = (length * 7 + 311) % 40'000) {
    parts.push_back(text.substr(0, length));
    text.remove_prefix(parts.back().size());
  }
  return parts;
}

class PosixFileTest : public ::testing::Test {
 protected:
  [[nodiscard]] int open_again(int flags) const { return ::open(path.c_str(), flags | O_CLOEXEC); }
  test::TempDir temp;
  const std::string path = temp.file("file");
  PosixFile file{base::UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)), path};
};

TEST_F(PosixFileTest, LargeWritesReadAsTheyWereWrittenWhereverTheyBegin) {
  std::string expected;
  unsigned seed = 1;
  for (const std::size_t bytes : {1UL, 256 * kKiB - 1, 256 * kKiB, 4095UL, 4 * kMiB, 300 * kKiB + 7, 9 * kMiB + 1, 2UL,
                                  260 * kKiB, 4096UL, 5 * kMiB}) {
    const std::string piece = some_bytes(bytes, ++seed);
    ASSERT_TRUE(write_fully(file, expected.size(), cut_up(piece)));
    expected += piece;
    ASSERT_EQ(file.size().value(), expected.size());
    ASSERT_TRUE(test::read_all(path) == expected) << "after a write of " << bytes;
  }
}

TEST_F(PosixFileTest, ALargeWriteOverWhatIsCachedReplacesIt) {
  const std::string before = some_bytes(3 * kMiB, 1);
  const std::string over = some_bytes(kMiB, 2);
  const std::string_view small[] = {std::string_view(before).substr(0, 100 * kKiB)};
  ASSERT_TRUE(write_fully(file, 0, cut_up(before)));
  ASSERT_TRUE(write_fully(file, kMiB - 50 * kKiB, small));  // stays in the cache, dirty
  ASSERT_TRUE(write_fully(file, kMiB - 777, cut_up(over)));
  std::string expected = before;
  expected.replace(kMiB - 50 * kKiB, small[0].size(), small[0]);
  expected.replace(kMiB - 777, over.size(), over);
  EXPECT_TRUE(test::read_all(path) == expected);
  ASSERT_TRUE(file.sync_data());
  file.drop_cache();
  EXPECT_TRUE(test::read_all(path) == expected);
}

TEST_F(PosixFileTest, LargeWritesStayOutOfTheCacheWhereTheFileSystemTakesThem) {
  struct statfs system {};
  ASSERT_EQ(::statfs(path.c_str(), &system), 0);
  if (system.f_type == TMPFS_MAGIC) GTEST_SKIP() << "a file system of nothing but cache";
  if (!base::UniqueFd(open_again(O_RDWR | O_DIRECT)).valid()) GTEST_SKIP() << "no direct writes here";
  const std::string bytes = some_bytes(8 * kMiB, 3);
  ASSERT_TRUE(write_fully(file, 0, cut_up(std::string(100, 'x'))));
  ASSERT_TRUE(write_fully(file, 100, cut_up(bytes)));
  const std::size_t size = file.size().value();
  const base::UniqueFd fd(open_again(O_RDONLY));
  void* const mapped = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  std::vector<unsigned char> pages((size + 4095) / 4096);
  ASSERT_EQ(::mincore(mapped, size, pages.data()), 0);
  ::munmap(mapped, size);
  EXPECT_LE(std::count_if(pages.begin(), pages.end(), [](unsigned char page) { return (page & 1U) != 0; }), 2);
}

}  // namespace
}  // namespace crawlspool::spool
