// Runs the spool's maintenance (snapshots, retention, compression) and looks at files on a thread of its own with a low
// priority: it takes what the loops and the committer leave, and where they leave nothing it still gets enough to go
// on. Compression that can wait stops where others want the processors or the disk is under load, and looks again a few
// times a second.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "daemon/spool/write/spool.h"

namespace crawlspool::server {

class MaintenanceThread {
 public:
  // `spool` outlives it. `look` is called a few times a second, more rarely while much is to be done, and may wait for
  // a disk. The thread starts at once; std::system_error where none can be had.
  MaintenanceThread(spool::Spool& spool, std::function<void()> look);
  ~MaintenanceThread();
  MaintenanceThread(const MaintenanceThread&) = delete;
  MaintenanceThread& operator=(const MaintenanceThread&) = delete;

  // The thread ends soon, in the middle of a long piece too, and calls `on_ended`. Nobody has to wait for it here: a
  // disk may not answer.
  void finish(std::function<void()> on_ended);

 private:
  void run();

  spool::Spool& spool_;
  const std::function<void()> look_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::function<void()> on_ended_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace crawlspool::server
