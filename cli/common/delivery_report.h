// What people read while records are delivered: about single records, and about the connection.
#pragma once

#include <functional>
#include <string>

#include "cli/common/console.h"
#include "clients/cpp/send_session.h"

namespace crawlspool::cli {

class DeliveryReport {
 public:
  // Returns how a line about the record at `place` begins, such as "FILE:LINE".
  using Describe = std::function<std::string(const client::Place&)>;

  // `server` is shown as it is. The console outlives the report.
  DeliveryReport(std::string server, Describe describe, Console& console)
      : server_(std::move(server)), describe_(std::move(describe)), console_(console) {}

  void tell(const client::SessionEvent& event);
  // Says each `why` once until something is settled.
  void connection_lost(const std::string& why);
  // Something was settled.
  void progressed();
  void give_up(const std::string& why);

 private:
  void tell_of_record(const client::Place& place, const std::string& what);
  void tell_of_server(const std::string& what);

  std::string server_;
  Describe describe_;
  Console& console_;
  std::string slow_reason_;  // why the server does not read; empty while it does
  std::string lost_why_;     // why the last connection was lost; empty once something is settled on another
};

}  // namespace crawlspool::cli
