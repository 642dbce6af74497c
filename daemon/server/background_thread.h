// The thread for what is done beside the ingest: snapshots, retention, packing. Of low priority: it takes what the
// loops and the committer leave, and where they leave nothing still enough to go on. Packing that can wait stops where
// others want the processors or the disk is under load, and looks again a few times a second.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "daemon/spool/spool.h"

namespace crawlspool::server {

class BackgroundThread {
 public:
  // `spool` outlives it. The thread starts at once.
  explicit BackgroundThread(spool::Spool& spool);
  ~BackgroundThread() { stop(); }
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  // Returns when the thread has ended, in the middle of a long piece too.
  void stop();

 private:
  void run();

  spool::Spool& spool_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace crawlspool::server
