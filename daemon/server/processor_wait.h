// Measures how long the calling thread was ready to run and had to wait for a processor, as the kernel counts it. Shows
// a thread of low priority whether others want the processors, however many there are and whoever the others be.
// Source: /proc/thread-self/schedstat, Documentation/scheduler/sched-stats.rst of the kernel.
#pragma once

#include <cstdint>
#include <optional>

#include "daemon/base/unique_fd.h"

namespace crawlspool::server {

class ProcessorWait {
 public:
  ProcessorWait();  // for the thread that it is made on, and used by it only

  // Returns whether the thread has waited longer than it has run, since the last call or since it was made; decided
  // once it has spent some milliseconds on either, "no" until then. Always "no" where the kernel does not count.
  [[nodiscard]] bool is_contended();

 private:
  struct Times {
    std::uint64_t ran_ns = 0;
    std::uint64_t waited_ns = 0;
  };
  [[nodiscard]] std::optional<Times> read() const;

  base::UniqueFd file_;
  Times last_{};
};

}  // namespace crawlspool::server
