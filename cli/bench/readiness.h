// Finds out which of many sockets can be read or written, by level-triggered epoll. A socket that is closed drops out
// by itself.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"

namespace crawlspool::bench {

class Readiness {
 public:
  struct Ready {
    std::size_t id = 0;
    bool readable = false;  // true at its end, too, and where it is broken
    bool writable = false;
  };

  [[nodiscard]] static base::Result<Readiness> open();

  // `id` is the caller's. Input is always watched for; `writable` says whether room is, too.
  [[nodiscard]] base::Result<void> add(int fd, std::size_t id, bool writable);
  void change(int fd, std::size_t id, bool writable);

  // Returns those that are ready, once one is or the time is over; they are valid until the next call.
  [[nodiscard]] std::span<const Ready> wait(int timeout_ms);

 private:
  explicit Readiness(base::UniqueFd fd) : fd_(std::move(fd)) {}

  base::UniqueFd fd_;
  std::array<Ready, 64> ready_{};
};

}  // namespace crawlspool::bench
