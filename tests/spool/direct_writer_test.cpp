#include "daemon/spool/direct_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

#include "daemon/base/unique_fd.h"
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

TEST(DirectWriter, WhereItIsRefusedItDoesNotTryAgain) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);  // cannot be written at an offset: ESPIPE is no refusal
  const base::UniqueFd reader(ends[0]);
  const base::UniqueFd writer_end(ends[1]);
  const std::string bytes(kLarge, 'x');
  const std::string_view parts[] = {bytes};
  DirectWriter on_a_pipe;
  EXPECT_EQ(on_a_pipe.write(writer_end.get(), 0, parts), std::optional<std::ptrdiff_t>(-1));
  EXPECT_TRUE(on_a_pipe.wants(kLarge));
  const base::UniqueFd proc(::open("/proc/self/comm", O_RDWR | O_CLOEXEC));  // of a file system without it
  DirectWriter on_proc;
  EXPECT_FALSE(on_proc.write(proc.get(), 0, parts));
  EXPECT_FALSE(on_proc.wants(kLarge));
}

}  // namespace
}  // namespace crawlspool::spool
