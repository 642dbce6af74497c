#include "daemon/server/watched_files.h"

namespace crawlspool::server {

void WatchedFiles::add(std::shared_ptr<TlsPort> port) {
  const std::lock_guard lock(mutex_);
  ports_.push_back(std::move(port));
}

std::vector<std::shared_ptr<TlsPort>> WatchedFiles::ports() const {
  const std::lock_guard lock(mutex_);
  return ports_;
}

void WatchedFiles::look() {
  authenticator_->refresh(false);
  for (const auto& port : ports()) port->look();
}

void WatchedFiles::reload() {
  authenticator_->refresh(true);
  for (const auto& port : ports()) port->reload();
}

}  // namespace crawlspool::server
