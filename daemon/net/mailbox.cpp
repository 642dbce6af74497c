#include "daemon/net/mailbox.h"

#include <utility>

namespace crawlspool::net {

void Mailbox::post(Work work) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
  }
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
