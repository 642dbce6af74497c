// Delivers records under one session until each is acknowledged: moves bytes between the session and one connection
// after the other. Reads replies while it writes, so that a server that stops reading is waited for and never deadlocks
// with us. Knows nothing of where the records come from: the caller adds them to the session between two turns.
//
// The first connection that is refused is final, as a wrong address shows so. One that is lost later is made again,
// after delays that grow, until the time to give up has passed without any progress.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "cli/common/connection.h"
#include "cli/common/console.h"
#include "clients/cpp/reconnect_policy.h"
#include "clients/cpp/send_session.h"
#include "daemon/base/clock.h"

namespace crawlspool::cli {

// Shows people what happens while records are delivered, to single records and to the connection.
class DeliveryReport {
 public:
  // Returns how a line about the record at `place` begins, such as "FILE:LINE".
  using Describe = std::function<std::string(const client::Place&)>;

  // `server` is shown as it is. The console outlives the report.
  DeliveryReport(std::string server, Describe describe, Console& console)
      : server_(std::move(server)), describe_(std::move(describe)), console_(console) {}

  void show(const client::SessionEvent& event);
  // Says each `why` once until something is acknowledged.
  void connection_lost(const std::string& why);
  // Something was acknowledged.
  void progressed();
  void give_up(const std::string& why);

 private:
  void show_record(const client::Place& place, const std::string& what);
  void show_server(const std::string& what);

  std::string server_;
  Describe describe_;
  Console& console_;
  std::string slow_reason_;  // why the server does not read; empty while it does
  std::string lost_why_;     // why the last connection was lost; empty once something is acknowledged on another
};

class Delivery {
 public:
  struct Settings {
    Address server;
    client::SessionSettings session;
    std::int64_t give_up_after_ms = 0;
    bool was_reached = false;  // the address has answered before: a first connection that is refused is made again
  };
  // The console outlives the delivery.
  Delivery(Settings settings, DeliveryReport::Describe describe, Console& console);

  [[nodiscard]] client::SendSession& session() { return session_; }
  [[nodiscard]] const client::SendSession& session() const { return session_; }

  // Waits up to 200 ms for the connection or for `input_fd`, if that is not -1, and moves what can be moved. Returns
  // false once nothing more will be sent, which has been said.
  [[nodiscard]] bool turn(int input_fd = -1);
  // Says what is still to be said, and goodbye to the server. Everything is acknowledged.
  void finish();
  // Says why nothing more is sent. Returns false.
  bool give_up(const std::string& why);

  // Returns whether any connection was ever made.
  [[nodiscard]] bool was_connected() const { return was_connected_; }

 private:
  [[nodiscard]] bool keep_connected();
  [[nodiscard]] bool wait(int input_fd);
  void write();
  [[nodiscard]] bool receive();
  void show_events();
  [[nodiscard]] bool take_ending();
  [[nodiscard]] bool lost(const std::string& why, std::int64_t delay_ms_min);
  void note_progress();

  Address server_;
  base::SystemClock clock_;
  DeliveryReport report_;
  client::SendSession session_;
  client::ReconnectPolicy policy_;
  std::int64_t give_up_after_ms_;
  std::int64_t silence_ms_max_;  // while something is unacknowledged
  bool was_reached_;

  std::unique_ptr<Connection> connection_;
  bool was_connected_ = false;
  bool write_failed_ = false;      // the reason may still be there to be received
  bool is_slow_ = false;           // the server has said so
  bool is_socket_full_ = false;    // it has not taken all that was there
  std::int64_t last_sign_us_ = 0;  // of life, on this connection
  std::int64_t next_attempt_us_ = 0;
  std::uint64_t acknowledged_seq_ = 0;  // as far as progress was noted
};

}  // namespace crawlspool::cli
