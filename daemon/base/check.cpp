#include "daemon/base/check.h"

#include <unistd.h>

#include <cstdio>

#include "daemon/base/error.h"

namespace crawlspool::base {

void check_failed(const char* condition, const char* file, int line) noexcept {
  // stdio and _exit only: nothing here may depend on the state that has just proved wrong.
  std::fprintf(stderr, "level=error event=bug check=\"%s\" at=%s:%d\n", condition, file, line);
  std::fflush(stderr);
  ::_exit(kExitBug);
}

}  // namespace crawlspool::base
