// Holds the table of tokens in force and swaps it whole once its file has changed: at a HUP, or at a look that finds
// another time, inode or size. A file with mistakes leaves the old table in force. Any thread.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "daemon/auth/token_table.h"
#include "daemon/base/error.h"

namespace crawlspool::auth {

class TokenStore {
 public:
  static constexpr std::int64_t kLookEveryMs = 10'000;

  explicit TokenStore(std::string file) : file_(std::move(file)), table_(std::make_shared<TokenTable>()) {}

  // Reads the file whether it changed or not. An error leaves the table alone; it has no digit of a token.
  [[nodiscard]] base::Result<void> load();

  // Does the same where the file changed since it was last read, well or not; looks every kLookEveryMs of the monotonic
  // clock at most.
  [[nodiscard]] base::Result<void> refresh(std::int64_t now_ms);

  // Stays whole and alive for whoever holds it.
  [[nodiscard]] std::shared_ptr<const TokenTable> table() const;

 private:
  // What distinguishes one version of the file from the next.
  struct Version {
    ino_t inode = 0;
    off_t bytes = 0;
    std::int64_t changed_ns = 0;
    friend bool operator==(const Version&, const Version&) = default;
  };
  [[nodiscard]] Version look() const;
  [[nodiscard]] base::Result<void> load_locked();

  const std::string file_;
  std::mutex reading_;  // held while the file is read
  Version read_;
  std::int64_t looked_ms_ = 0;
  mutable std::mutex swapping_;  // held for a pointer's copy alone
  std::shared_ptr<const TokenTable> table_;
};

}  // namespace crawlspool::auth
