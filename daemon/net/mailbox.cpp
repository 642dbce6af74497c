#include "daemon/net/mailbox.h"

#include <utility>

namespace crawlspool::net {

void Mailbox::post(Work work) {
  // The loop may be awake already, take the work as soon as the lock is free, and end this object by it.
  const std::lock_guard lock(mutex_);
  waiting_.push_back(std::move(work));
  async_.send();
}

void Mailbox::run_all() {
  std::vector<Work> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(waiting_);
  }
  for (Work& item : work) item();
}

}  // namespace crawlspool::net
