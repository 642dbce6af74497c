#include "daemon/server/maintenance_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "daemon/server/processor_wait.h"

namespace crawlspool::server {
namespace {

constexpr std::chrono::milliseconds kLookAgain{200};
constexpr int kNice = 10;  // a tenth of what a busy loop gets

}  // namespace

MaintenanceThread::MaintenanceThread(spool::Spool& spool, std::function<void()> look)
    : spool_(spool), look_(std::move(look)), thread_([this] { run(); }) {}

MaintenanceThread::~MaintenanceThread() {
  finish([] {});
  thread_.join();
}

void MaintenanceThread::finish(std::function<void()> on_ended) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
    on_ended_ = std::move(on_ended);
  }
  wake_.notify_one();
}

void MaintenanceThread::run() {
  // On Linux this is the calling thread's alone.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  ProcessorWait wait;
  while (!stopping_) {
    look_();
    const bool worked = spool_.maintain();
    const bool is_busy_time = wait.is_contended() || spool_.is_under_load();
    if (worked && !(is_busy_time && spool_.maintenance_can_wait())) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kLookAgain, [this] { return stopping_.load(); });
  }
  std::unique_lock lock(mutex_);
  const std::function<void()> on_ended = std::move(on_ended_);
  lock.unlock();
  on_ended();
}

}  // namespace crawlspool::server
