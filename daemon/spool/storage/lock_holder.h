// Who holds a lock file, by what the holder has written into it.
#pragma once

#include <unistd.h>

#include <array>
#include <string>

namespace crawlspool::spool {

// For people; "another process" where the file says nothing.
[[nodiscard]] inline std::string lock_holder(int fd) {
  std::array<char, 128> words{};
  const ssize_t n = ::pread(fd, words.data(), words.size(), 0);
  std::string who(words.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  while (who.ends_with('\n')) who.pop_back();
  return who.empty() ? "another process" : who;
}

}  // namespace crawlspool::spool
