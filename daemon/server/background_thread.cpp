#include "daemon/server/background_thread.h"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>

namespace crawlspool::server {
namespace {

constexpr std::chrono::milliseconds kLookAgain{200};
constexpr int kNice = 10;  // a tenth of what a busy loop gets

}  // namespace

BackgroundThread::BackgroundThread(spool::Spool& spool) : spool_(spool), thread_([this] { run(); }) {}

void BackgroundThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void BackgroundThread::run() {
  // On Linux this is the calling thread's alone.
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  while (!stopping_) {
    if (spool_.maintain([this] { return stopping_.load(); })) continue;
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kLookAgain, [this] { return stopping_.load(); });
  }
}

}  // namespace crawlspool::server
