// Takes a new configuration for a daemon that runs: loaded as at the start, compared with the one in force, and put in
// force as a whole or not at all. Keys that need a restart stay as they are and are named in the log.
//
//   request() ──► the file is read on a thread of its own ──► apply ──► done        on the first loop's thread
//       └── no thread to be had ─────────────────────┴──► reload_failed: all stays as it was
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "config/model.h"
#include "daemon/admin/server_facts.h"
#include "daemon/base/clock.h"
#include "daemon/base/error.h"
#include "daemon/connection/io_loop.h"
#include "daemon/net/mailbox.h"

namespace crawlspool::server {

class Reload {
 public:
  using Load = std::function<base::Result<config::Config>()>;
  // Puts the configuration in force and calls `done` on the first loop's thread once every part goes by it.
  using Apply = std::function<void(const connection::ConfigPtr&, std::function<void()> done)>;

  struct Hooks {
    Load load;
    Apply apply;
    std::function<void()> on_begin;
    std::function<void()> on_end;  // whatever came of it
  };

  // `mailbox` is the first loop's. It and the clock outlive this object. It does not wait for its reader when it goes:
  // a file may be a FIFO, or on a file system that does not answer. What `hooks.load` uses has to outlive that thread.
  Reload(net::Mailbox& mailbox, const base::Clock& clock, connection::ConfigPtr start, Hooks hooks);
  ~Reload();
  Reload(const Reload&) = delete;
  Reload& operator=(const Reload&) = delete;

  // Where one is under way, another one follows it: the file may have changed meanwhile.
  void request();

  [[nodiscard]] const connection::ConfigPtr& in_force() const { return in_force_; }
  [[nodiscard]] const admin::ReloadState& state() const { return state_; }
  // Returns whether a thread still reads the file, and may do so when this object is gone.
  [[nodiscard]] bool is_reading() const;

 private:
  // Where a reader brings what it has read; shared with it.
  struct Delivery;

  static void read(const Load& load, Delivery& delivery);
  void begin();
  void loaded(const base::Result<config::Config>& config);
  void fail(const base::Error& error);
  void put_in_force(const config::Config& config);
  void end();

  net::Mailbox& mailbox_;
  const base::Clock& clock_;
  connection::ConfigPtr in_force_;
  const Hooks hooks_;
  admin::ReloadState state_;
  bool under_way_ = false;
  bool again_ = false;
  std::shared_ptr<Delivery> delivery_;
};

}  // namespace crawlspool::server
