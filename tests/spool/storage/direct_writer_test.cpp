#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "daemon/base/unique_fd.h"
#include "daemon/spool/storage/posix_file.h"
#include "tests/support/temp_dir.h"

namespace crawlspool::spool {
namespace {

constexpr std::size_t kLarge = 1024 * 1024;

TEST(DirectWriter, WantsLargeWritesOnly) {
  EXPECT_TRUE(DirectWriter().wants(kLarge));
  EXPECT_FALSE(DirectWriter().wants(DirectWriter::kBlockBytes));
}

TEST(DirectWriter, LeavesTheFileAsItFoundIt) {
  const test::TempDir temp;
  const base::UniqueFd fd(::open(temp.file("file").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  const int flags = ::fcntl(fd.get(), F_GETFL);
  DirectWriter writer;
  const std::string bytes(kLarge + 1, 'x');
  const std::string_view parts[] = {bytes};
  const auto written = writer.write(fd.get(), 0, parts);
  EXPECT_EQ(::fcntl(fd.get(), F_GETFL), flags);
  EXPECT_EQ(written.value_or(kLarge), static_cast<std::ptrdiff_t>(kLarge));  // whole blocks, where it is taken
}

TEST(DirectWriter, AnyErrorButTheDisksOwnIsARefusal) {
  for (const int errno_value : {EINVAL, EOPNOTSUPP, ENOSYS, EPERM, ENOTTY, ENXIO, ENOMEM, EFAULT})
    EXPECT_FALSE(DirectWriter::is_the_disks(errno_value)) << errno_value;
  for (const int errno_value : {ENOSPC, EDQUOT, EIO, EFBIG, EROFS})
    EXPECT_TRUE(DirectWriter::is_the_disks(errno_value)) << errno_value;
}

TEST(DirectWriter, WhereItIsRefusedItDoesNotTryAgain) {
  const std::string bytes(kLarge, 'x');
  const std::string_view parts[] = {bytes};
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);  // cannot be written at an offset: ESPIPE
  const base::UniqueFd reader(ends[0]);
  const base::UniqueFd writer_end(ends[1]);
  DirectWriter on_a_pipe;
  EXPECT_FALSE(on_a_pipe.write(writer_end.get(), 0, parts));
  EXPECT_FALSE(on_a_pipe.wants(kLarge));
  const base::UniqueFd proc(::open("/proc/self/comm", O_RDWR | O_CLOEXEC));  // of a file system without it
  DirectWriter on_proc;
  EXPECT_FALSE(on_proc.write(proc.get(), 0, parts));
  EXPECT_FALSE(on_proc.wants(kLarge));
}

}  // namespace
}  // namespace crawlspool::spool
