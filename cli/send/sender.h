// Sends the records of a source and sees each settled: moves bytes between the session and one connection after the
// other. Reads replies while it writes, so that a server that stops reading is waited for and never deadlocks with us.
//
// The first connection that is refused is final, as a wrong address shows so. One that is lost later is made again,
// after delays that grow, until the time to give up has passed without any progress.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/common/connection.h"
#include "cli/common/console.h"
#include "cli/common/record_source.h"
#include "cli/send/record_intake.h"
#include "cli/send/report.h"
#include "cli/send/session_keeper.h"
#include "clients/cpp/reconnect_policy.h"
#include "clients/cpp/send_session.h"
#include "daemon/base/clock.h"

namespace crawlspool::cli {

class Sender {
 public:
  struct Settings {
    Address server;
    client::SessionSettings session;
    std::int64_t give_up_after_ms = 0;
  };
  // The references outlive the sender. `keeper`: nothing where the session ends with the process.
  Sender(Settings settings, RecordSource& source, SessionKeeper* keeper, Console& console);

  // True if all there was to send was read and settled; whatever went wrong has been said on the console.
  [[nodiscard]] bool run();
  [[nodiscard]] const client::SendSession& session() const { return session_; }
  [[nodiscard]] bool was_connected() const { return was_connected_; }

 private:
  [[nodiscard]] bool is_done() const { return intake_.is_over() && session_.is_settled(); }
  [[nodiscard]] bool send_all();

  [[nodiscard]] bool keep_connected();
  [[nodiscard]] bool wait();
  void write();
  [[nodiscard]] bool receive();
  void tell_events();
  [[nodiscard]] bool take_ending();
  [[nodiscard]] bool lost(const std::string& why, std::int64_t delay_ms_min);
  void note_progress();
  void say_bye();

  void keep_state();
  [[nodiscard]] bool keep_last_state();
  [[nodiscard]] bool give_up(const std::string& why);

  Address server_;
  RecordSource& source_;
  SessionKeeper* keeper_;
  Console& console_;
  base::SystemClock clock_;
  SendReport report_;
  client::SendSession session_;
  RecordIntake intake_;
  client::ReconnectPolicy policy_;
  std::int64_t give_up_after_ms_;
  std::int64_t silence_ms_max_;  // while something is unsettled

  std::unique_ptr<Connection> connection_;
  bool was_connected_ = false;
  bool write_failed_ = false;      // the reason may still be there to be received
  bool is_slow_ = false;           // the server has said so
  bool is_socket_full_ = false;    // it has not taken all that was there
  std::int64_t last_sign_us_ = 0;  // of life, on this connection
  std::int64_t next_attempt_us_ = 0;
  std::uint64_t settled_seq_ = 0;  // as far as progress was noted
  bool save_failed_ = false;       // told
};

}  // namespace crawlspool::cli
