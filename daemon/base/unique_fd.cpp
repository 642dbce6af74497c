#include "daemon/base/unique_fd.h"

#include <unistd.h>

namespace crawlspool::base {

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);  // close is never retried: on Linux the descriptor is gone even after EINTR
  fd_ = fd;
}

}  // namespace crawlspool::base
