// Notifies systemd, by sd_notify(3): that a start takes longer, READY, reloads, a status line, that the daemon is
// alive, the stop. On a thread of its own, which asks the daemon how it is; one that listens late is notified later,
// and one that does not listen is not waited for. Without NOTIFY_SOCKET there is no thread, and nothing is sent.
//
//   recovering ──► ready ◄──► reloading
//                    └──► stopping
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "daemon/base/clock.h"
#include "daemon/server/notify_socket.h"

namespace crawlspool::server {

class ServiceManager {
 public:
  // Holds what is asked every now and then, on the thread.
  struct Vitals {
    std::function<std::string()> status;  // one line for people
    std::function<bool()> is_alive;       // at half of WATCHDOG_USEC, if that is set
  };

  // From here on the start may take as long as it moves. `clock` outlives this object.
  explicit ServiceManager(const base::Clock& clock);
  ~ServiceManager();  // sends what waits to be sent, if the service manager listens
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // Call these from any thread; none waits for it.
  void ready(Vitals vitals);
  void reloading();
  void reloaded();
  void stopping(std::int64_t within_ms);

  // What the vitals look at is about to go. They are not asked any more when this returns.
  void drop_vitals();

 private:
  void notify(std::string message);
  void run();
  [[nodiscard]] bool send_waiting();
  void look();
  void ask_for_time(std::int64_t now_us);

  const base::Clock& clock_;
  const std::optional<NotifySocket> socket_;
  std::int64_t watchdog_us_ = 0;  // how often to say that the daemon is alive; 0: never

  std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  std::deque<std::string> waiting_;
  bool is_recovering_ = true;
  bool is_stopping_ = false;
  bool ending_ = false;

  std::mutex vitals_mutex_;  // held while they are asked
  Vitals vitals_;

  // The thread's own; times are monotonic.
  std::int64_t status_due_us_ = 0;
  std::int64_t watchdog_due_us_ = 0;
  std::int64_t moved_us_ = 0;     // when the recovery was last seen to move
  std::int64_t cpu_seen_us_ = 0;  // processor time used by then

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace crawlspool::server
