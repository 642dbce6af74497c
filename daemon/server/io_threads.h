// The I/O loops: the first runs on the caller's thread, each further one on a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/ingest/io_loop.h"

namespace crawlspool::server {

class IoThreads {
 public:
  // `io_threads` 0: as many as this machine has use for. `shared` outlives it.
  IoThreads(unsigned io_threads, const ingest::Shared& shared);
  ~IoThreads();  // after run() has returned

  [[nodiscard]] ingest::IoLoop& first() { return *loops_.front(); }
  // The loop with the fewest connections. On the first loop's thread.
  [[nodiscard]] ingest::IoLoop& least_busy();
  [[nodiscard]] std::size_t count() const { return loops_.size(); }

  void run();   // returns after stop()
  void stop();  // on the first loop's thread

  // Does `action` on each loop's own thread.
  void on_each(const std::function<void(ingest::IoLoop&)>& action);
  // Drains every loop; `on_drained` is called on the first loop's thread.
  void drain(const std::function<void()>& on_drained);

 private:
  std::vector<std::unique_ptr<ingest::IoLoop>> loops_;
  std::vector<std::thread> threads_;
  std::size_t drained_ = 0;
};

}  // namespace crawlspool::server
