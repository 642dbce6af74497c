// What `crawlspool send` tells people: of records, of the connection, and the summary.
#pragma once

#include <string>

#include "cli/common/console.h"
#include "cli/common/record_source.h"
#include "clients/cpp/send_session.h"

namespace crawlspool::cli {

class SendReport {
 public:
  // The references outlive it. `server` as it is to be shown.
  SendReport(std::string server, const RecordSource& source, Console& console)
      : server_(std::move(server)), source_(source), console_(console) {}

  void tell(const client::SessionEvent& event);
  void file_failed(const base::Error& error) { console_.say_error(error); }
  void held_back(const client::Place& place);
  void connection_lost(const std::string& why);  // once for each `why` until something is settled
  void progressed();                             // something is
  void give_up(const std::string& why);          // "crawlspool: …"

 private:
  void tell_of_record(const client::Place& place, const std::string& what);
  void tell_of_server(const std::string& what);

  std::string server_;
  const RecordSource& source_;
  Console& console_;
  std::string slow_reason_;  // while the server does not read
  std::string lost_why_;     // of the last connection, until something is settled on another
};

// `never_reached`: the server, as it is to be shown, where no connection to it was ever made; else empty.
[[nodiscard]] std::string summary(const client::SendSession& session, double seconds, const std::string& never_reached);

}  // namespace crawlspool::cli
