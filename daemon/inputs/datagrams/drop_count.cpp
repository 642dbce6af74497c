#include "daemon/inputs/datagrams/drop_count.h"

#include <utility>

#include "daemon/base/log.h"

namespace crawlspool::datagrams {

void DropCount::update() {
  const std::uint32_t now = socket_.dropped();
  const std::uint32_t more = now - std::exchange(before_, now);  // the kernel's count may begin again at 0
  counts_.dropped.fetch_add(more, std::memory_order_relaxed);
  not_logged_ += more;
}

void DropCount::log(std::string_view address, bool is_paused) {
  if (not_logged_ == 0) return;
  base::log_warn_limited(
      "datagrams_dropped",
      {{"address", address},
       {"dropped", std::exchange(not_logged_, 0)},
       {"detail", is_paused ? "the kernel had no room for them while the daemon could not take any in"
                            : "they came faster than they were read; buffer= of the listener holds more of them"}});
}

}  // namespace crawlspool::datagrams
