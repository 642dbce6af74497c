#include "daemon/base/standard_descriptors.h"

#include <fcntl.h>
#include <unistd.h>

#include "daemon/base/error.h"

namespace crawlspool::base {
namespace {

bool is_closed(int fd) { return ::fcntl(fd, F_GETFD) < 0; }

// The lowest free number is what open() gives: with all below in use, `fd`.
bool hold(int fd) {
  if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) == fd) return true;
  return ::open("/", O_RDONLY | O_DIRECTORY) == fd;  // where there is no /dev: neither read nor written either
}

}  // namespace

void hold_standard_descriptors() noexcept {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (is_closed(fd) && !hold(fd)) ::_exit(kExitIo);  // there is nowhere to say it
}

}  // namespace crawlspool::base
