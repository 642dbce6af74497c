// The I/O loops: the first runs on the caller's thread, each further one on a thread of its own.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/connection/io_loop.h"

namespace crawlspool::connection {

class IoThreads {
 public:
  // As many as config.io_threads says. `shared` outlives it.
  IoThreads(const connection::Shared& shared, const connection::ConfigPtr& config);
  ~IoThreads();  // ends the threads, if run() has not

  [[nodiscard]] connection::IoLoop& first() { return *loops_.front(); }
  // The loop with the fewest connections. On the first loop's thread.
  [[nodiscard]] connection::IoLoop& least_busy();
  [[nodiscard]] std::size_t count() const { return loops_.size(); }

  // The threads of the further loops; before run(). kIo where one cannot be had.
  [[nodiscard]] base::Result<void> start();
  void run();   // returns after stop()
  void stop();  // on the first loop's thread

  [[nodiscard]] std::vector<net::Mailbox*> mailboxes();

  // Does `action` on each loop's own thread.
  void on_each(const std::function<void(connection::IoLoop&)>& action);
  // Hands the configuration to every loop; `on_all` is called on the first loop's thread once each goes by it.
  void set_config(const connection::ConfigPtr& config, const std::function<void()>& on_all);
  // Drains every loop; `on_drained` is called on the first loop's thread.
  void drain(const std::function<void()>& on_drained);

 private:
  void join();
  // `on_all` on the first loop's thread, once what is returned was called for every loop, on whichever thread.
  [[nodiscard]] std::function<void()> once_for_each(std::function<void()> on_all);

  std::vector<std::unique_ptr<connection::IoLoop>> loops_;
  std::vector<std::thread> threads_;
};

}  // namespace crawlspool::connection
