#include "daemon/auth/token_store.h"

#include <utility>

#include "daemon/auth/tokens_file.h"

namespace crawlspool::auth {

TokenStore::Version TokenStore::look() const {
  struct stat status {};
  if (::stat(file_.c_str(), &status) != 0) return {};
  constexpr std::int64_t kNsPerS = 1'000'000'000;
  return {status.st_ino, status.st_size, status.st_mtim.tv_sec * kNsPerS + status.st_mtim.tv_nsec};
}

base::Result<void> TokenStore::load() {
  const std::lock_guard lock(reading_);
  return load_locked();
}

base::Result<void> TokenStore::refresh(std::int64_t now_ms) {
  const std::lock_guard lock(reading_);
  if (now_ms < looked_ms_ + kLookEveryMs) return {};
  looked_ms_ = now_ms;
  if (look() == read_) return {};
  return load_locked();
}

base::Result<void> TokenStore::load_locked() {
  read_ = look();  // before the reading: what is written meanwhile is found at the next look
  CRAWLSPOOL_TRY_AS(auto tokens, read_tokens(file_));
  auto table = std::make_shared<const TokenTable>(std::move(tokens));
  const std::lock_guard lock(swapping_);
  table_.swap(table);
  return {};
}

std::shared_ptr<const TokenTable> TokenStore::table() const {
  const std::lock_guard lock(swapping_);
  return table_;
}

}  // namespace crawlspool::auth
