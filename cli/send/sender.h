// Sends the records of a source until each is acknowledged: reads the source as far as there is room, and keeps the
// session's file, if there is one, up to date.
#pragma once

#include "cli/common/delivery.h"
#include "cli/send/record_intake.h"

namespace crawlspool::cli {

class Sender {
 public:
  // The references outlive the sender. `keeper` is nullptr where the session ends with the process.
  Sender(Delivery::Settings settings, RecordSource& source, SessionKeeper* keeper, Console& console);

  // Returns whether all there was to send was read and acknowledged; whatever went wrong has been said on the console.
  [[nodiscard]] bool run();
  [[nodiscard]] const client::SendSession& session() const { return delivery_.session(); }
  [[nodiscard]] bool was_connected() const { return delivery_.was_connected(); }

 private:
  [[nodiscard]] bool is_done() const { return intake_.is_over() && session().is_all_acknowledged(); }
  [[nodiscard]] bool send_all();
  void show_progress();
  void keep_state();
  [[nodiscard]] bool keep_last_state();

  RecordSource& source_;
  SessionKeeper* keeper_;
  Console& console_;
  std::string server_;  // to be shown
  base::SystemClock clock_;
  Delivery delivery_;
  RecordIntake intake_;
  bool save_failed_ = false;  // and that was said
};

}  // namespace crawlspool::cli
