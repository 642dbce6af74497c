#pragma once

#include <cerrno>

namespace crawlspool::spool {

// Calls `call` again for as long as a signal interrupts it; what it returns is negative on an error, errno says which.
template <class Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace crawlspool::spool
