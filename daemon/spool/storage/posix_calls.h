// Small helpers around system calls, for the files that make them.
#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

namespace crawlspool::spool {

// Calls `call` again for as long as a signal interrupts it. What it returns is negative on an error; errno says which.
template <class Call>
auto retry_interrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

// Returns who holds a lock file, by what the holder has written into it; "another process" where it says nothing.
[[nodiscard]] inline std::string lock_holder(int fd) {
  std::array<char, 128> words{};
  const ssize_t n = ::pread(fd, words.data(), words.size(), 0);
  std::string who(words.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  while (who.ends_with('\n')) who.pop_back();
  return who.empty() ? "another process" : who;
}

}  // namespace crawlspool::spool
