#include "daemon/base/standard_descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace crawlspool::base {
namespace {

// Runs `look` in a child that was started without the descriptors whose bits are set in `closed`; its exit code.
template <class Look>
int without(int closed, Look look) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (int fd = 0; fd <= 2; ++fd)
      if ((closed & 1 << fd) != 0) ::close(fd);
    hold_standard_descriptors();
    ::_exit(look());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(StandardDescriptors, WhateverWasClosedNoFileGetsItsNumber) {
  for (int closed = 0; closed < 8; ++closed)
    EXPECT_EQ(without(closed, [] { return ::open("/", O_RDONLY) > STDERR_FILENO ? 0 : 1; }), 0) << closed;
}

TEST(StandardDescriptors, LostOutputFailsAndIsNotTakenForWritten) {
  EXPECT_EQ(without(0b110, [] { return ::write(STDOUT_FILENO, "x", 1) < 0 && errno == EBADF ? 0 : 1; }), 0);
  EXPECT_EQ(without(0b110, [] { return ::write(STDERR_FILENO, "x", 1) < 0 && errno == EBADF ? 0 : 1; }), 0);
}

TEST(StandardDescriptors, AMissingInputFailsAndIsNotTakenForAnEmptyOne) {
  char byte = 0;
  EXPECT_EQ(without(0b001, [&] { return ::read(STDIN_FILENO, &byte, 1) < 0 && errno == EBADF ? 0 : 1; }), 0);
}

TEST(StandardDescriptors, WhatIsOpenStaysAsItIs) {
  const auto identity = [](int fd) {
    struct stat info {};
    return ::fstat(fd, &info) == 0 ? info.st_ino : 0;
  };
  const auto before = identity(STDERR_FILENO);
  EXPECT_EQ(without(0b001, [&] { return identity(STDERR_FILENO) == before ? 0 : 1; }), 0);
}

}  // namespace
}  // namespace crawlspool::base
