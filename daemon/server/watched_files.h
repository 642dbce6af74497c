// The files that are read again when they change, without a restart: tokens and certificates. Reading them may wait for
// a disk, so no loop's thread does it: the maintenance thread looks now and then, and a reload's own thread reads all
// of them. Owns what it reloads together with those that use it. Thread-safe.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "daemon/auth/authenticator.h"
#include "daemon/server/tls_port.h"

namespace crawlspool::server {

class WatchedFiles {
 public:
  explicit WatchedFiles(std::shared_ptr<auth::Authenticator> authenticator)
      : authenticator_(std::move(authenticator)) {}

  void add(std::shared_ptr<TlsPort> port);
  // Takes what has changed, by time, inode or size; looks at the files every 10 s at most.
  void look();
  // Takes all of them, changed or not.
  void reload();

 private:
  [[nodiscard]] std::vector<std::shared_ptr<TlsPort>> ports() const;

  const std::shared_ptr<auth::Authenticator> authenticator_;
  mutable std::mutex mutex_;  // of the ports
  std::vector<std::shared_ptr<TlsPort>> ports_;
};

}  // namespace crawlspool::server
