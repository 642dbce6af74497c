// Takes records from the source into the session, as far as there is room and, where the session is kept, only what is
// covered by its state on the disk.
#pragma once

#include <optional>

#include "cli/common/console.h"
#include "cli/common/record_source.h"
#include "cli/send/session_keeper.h"
#include "clients/cpp/send_session.h"

namespace crawlspool::cli {

class RecordIntake {
 public:
  // The references outlive it. `keeper` is nullptr where the session ends with the process.
  RecordIntake(RecordSource& source, SessionKeeper* keeper, client::SendSession& session, Console& console)
      : source_(source), keeper_(keeper), session_(session), console_(console) {}

  // Takes what is there, up to some megabytes that are not sent yet. Fails where nothing more may be sent.
  [[nodiscard]] base::Result<void> take();

  [[nodiscard]] bool is_over() const { return is_over_; }
  [[nodiscard]] bool is_incomplete() const {
    return is_incomplete_;
  }  // some of the input was not taken, which was said
  // Returns the source's descriptor where there is nothing yet, to wait for, and -1 otherwise.
  [[nodiscard]] int waiting_fd() const { return waits_ ? source_.fd() : -1; }

 private:
  [[nodiscard]] bool next();
  [[nodiscard]] bool is_unfinished(const RecordLine& line) const;
  [[nodiscard]] client::Place place_in_hand() const;
  [[nodiscard]] base::Result<bool> offer_in_hand();

  RecordSource& source_;
  SessionKeeper* keeper_;
  client::SendSession& session_;
  Console& console_;
  std::optional<RecordLine> in_hand_;  // read, and waiting for room
  bool waits_ = false;
  bool is_over_ = false;
  bool is_incomplete_ = false;
};

// Returns whether a line without its end is a whole record: one JSON text that cannot go on, as a number could. Any
// other may be the start of one that is still being written.
[[nodiscard]] bool is_whole_record(std::string_view line);

}  // namespace crawlspool::cli
