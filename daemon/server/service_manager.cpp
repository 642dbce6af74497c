#include "daemon/server/service_manager.h"

#include <systemd/sd-daemon.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <tuple>
#include <utility>

namespace crawlspool::server {
namespace {

constexpr int kKeepEnvironment = 0;
constexpr std::int64_t kLookEveryUs = 250'000;
constexpr std::int64_t kUsPerMs = 1000;
constexpr std::int64_t kStatusEveryUs = 2'000'000;

// A recovery that moves is given more time, again and again. One that waits for the disk uses hardly any processor
// time: for so long that is taken for a slow disk.
constexpr std::int64_t kMoreTimeUs = 30'000'000;
constexpr std::int64_t kMovesCpuUs = 1000;
constexpr std::int64_t kStillUsMax = 5LL * 60 * 1'000'000;

// A stop may take so much beyond timeouts.drain: closing the spool, ending the threads.
constexpr std::int64_t kAfterDrainUs = 5'000'000;

std::int64_t cpu_time_us(clockid_t of) {
  timespec used{};
  ::clock_gettime(of, &used);
  return static_cast<std::int64_t>(used.tv_sec) * 1'000'000 + used.tv_nsec / 1000;
}

// Returns the processor time of every thread but the calling one.
std::int64_t others_cpu_time_us() {
  return cpu_time_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_time_us(CLOCK_THREAD_CPUTIME_ID);
}

std::int64_t watchdog_interval_us() {
  std::uint64_t usec = 0;
  return ::sd_watchdog_enabled(kKeepEnvironment, &usec) > 0 ? static_cast<std::int64_t>(usec / 2) : 0;
}

}  // namespace

ServiceManager::ServiceManager(const base::Clock& clock)
    : clock_(clock),
      socket_(NotifySocket::from_environment()),
      watchdog_us_(watchdog_interval_us()),
      moved_us_(clock.monotonic_us()) {
  if (!socket_) return;
  waiting_.emplace_back("STATUS=Recovering the spool");
  thread_ = std::thread([this] { run(); });
}

ServiceManager::~ServiceManager() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void ServiceManager::ready(Vitals vitals) {
  {
    const std::lock_guard lock(vitals_mutex_);
    vitals_ = std::move(vitals);
  }
  notify("READY=1\nSTATUS=Ready");
}

void ServiceManager::reloading() { notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(clock_.monotonic_us())); }

void ServiceManager::reloaded() { notify("READY=1"); }

void ServiceManager::stopping(std::int64_t within_ms) {
  notify("STOPPING=1\nSTATUS=Draining\nEXTEND_TIMEOUT_USEC=" + std::to_string(within_ms * kUsPerMs + kAfterDrainUs));
  const std::lock_guard lock(mutex_);
  is_stopping_ = true;
}

void ServiceManager::drop_vitals() {
  const std::lock_guard lock(vitals_mutex_);
  vitals_ = {};
}

void ServiceManager::notify(std::string message) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return;  // it would be taken for running again
    is_recovering_ = false;
    if (thread_.joinable()) waiting_.push_back(std::move(message));
  }
  wake_.notify_one();
}

void ServiceManager::run() {
  const std::chrono::microseconds look_every(watchdog_us_ > 0 ? std::min(kLookEveryUs, watchdog_us_ / 4)
                                                              : kLookEveryUs);
  bool listens = true;
  std::unique_lock lock(mutex_);
  while (!ending_ || (listens && !waiting_.empty())) {
    listens = send_waiting();
    lock.unlock();
    look();
    lock.lock();
    wake_.wait_for(lock, look_every, [&] { return ending_ || (listens && !waiting_.empty()); });
  }
}

// Sends them in their order. Returns false if some have to be sent later.
bool ServiceManager::send_waiting() {
  while (!waiting_.empty() && socket_->send(waiting_.front())) waiting_.pop_front();
  return waiting_.empty();
}

void ServiceManager::look() {
  const std::int64_t now_us = clock_.monotonic_us();
  bool is_recovering = false;
  bool is_stopping = false;
  {
    const std::lock_guard lock(mutex_);
    is_recovering = is_recovering_;
    is_stopping = is_stopping_;
  }
  if (is_recovering) return ask_for_time(now_us);
  const std::lock_guard lock(vitals_mutex_);
  if (watchdog_us_ > 0 && vitals_.is_alive && now_us >= watchdog_due_us_) {
    watchdog_due_us_ = now_us + watchdog_us_;
    if (vitals_.is_alive()) std::ignore = socket_->send("WATCHDOG=1");
  }
  if (!is_stopping && vitals_.status && now_us >= status_due_us_) {
    status_due_us_ = now_us + kStatusEveryUs;
    std::ignore = socket_->send("STATUS=" + vitals_.status());
  }
}

void ServiceManager::ask_for_time(std::int64_t now_us) {
  const std::int64_t cpu_us = others_cpu_time_us();
  if (cpu_us - cpu_seen_us_ >= kMovesCpuUs) {
    cpu_seen_us_ = cpu_us;
    moved_us_ = now_us;
  }
  if (now_us < status_due_us_ || now_us - moved_us_ > kStillUsMax) return;
  status_due_us_ = now_us + kStatusEveryUs;
  std::ignore = socket_->send("EXTEND_TIMEOUT_USEC=" + std::to_string(kMoreTimeUs));
}

}  // namespace crawlspool::server
