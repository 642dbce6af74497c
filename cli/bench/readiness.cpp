#include "cli/bench/readiness.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

namespace crawlspool::bench {
namespace {

epoll_event interest(std::size_t id, bool writable) {
  epoll_event event{};
  event.events = writable ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = id;
  return event;
}

}  // namespace

base::Result<Readiness> Readiness::open() {
  base::UniqueFd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd.valid()) return base::fail_errno("epoll_create1", errno);
  return Readiness(std::move(fd));
}

base::Result<void> Readiness::add(int fd, std::size_t id, bool writable) {
  epoll_event event = interest(id, writable);
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return base::fail_errno("epoll_ctl", errno);
  return {};
}

void Readiness::change(int fd, std::size_t id, bool writable) {
  epoll_event event = interest(id, writable);
  static_cast<void>(::epoll_ctl(fd_.get(), EPOLL_CTL_MOD, fd, &event));  // fails only for sockets that were not added
}

std::span<const Readiness::Ready> Readiness::wait(int timeout_ms) {
  std::array<epoll_event, std::tuple_size_v<decltype(ready_)>> events{};
  const int found = ::epoll_wait(fd_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  const auto count = static_cast<std::size_t>(std::max(found, 0));
  for (std::size_t i = 0; i < count; ++i)
    ready_[i] = {events[i].data.u64, (events[i].events & ~std::uint32_t{EPOLLOUT}) != 0,
                 (events[i].events & EPOLLOUT) != 0};
  return std::span(ready_).first(count);
}

}  // namespace crawlspool::bench
