// Sends the records of a source over one connection, many under way at a time, and sees each settled. Reads replies
// while it writes, so that a server that stops reading is waited for and never deadlocks with us.
//
// A record whose frame the server refuses ends the connection; it counts as rejected and the rest goes over a new one.
// A connection that was closed for being idle is opened again with the next record. Every other end is final.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cli/connection.h"
#include "cli/console.h"
#include "cli/record_source.h"
#include "cli/send_ledger.h"

namespace crawlspool::cli {

class Sender {
 public:
  // The references outlive the sender.
  Sender(Address server, RecordSource& source, Console& console)
      : server_(std::move(server)), source_(source), console_(console) {}

  // True if all there was to send was read and settled; whatever went wrong has been said on the console.
  [[nodiscard]] bool run();
  [[nodiscard]] const SendLedger& ledger() const { return ledger_; }

 private:
  [[nodiscard]] bool is_done() const { return source_is_over_ && ledger_.in_flight() == 0; }
  [[nodiscard]] bool connect();
  void take_records();
  [[nodiscard]] bool offer_in_hand();
  [[nodiscard]] bool wait();
  void write();
  [[nodiscard]] bool receive();
  void on_reply(const Reply& reply);
  void on_reject(const Reply& reply);
  [[nodiscard]] bool on_end(const Reply& end);
  void start_over();
  void say_bye();
  [[nodiscard]] bool give_up(const std::string& why);

  Address server_;
  RecordSource& source_;
  Console& console_;
  SendLedger ledger_;

  std::unique_ptr<Connection> connection_;
  bool write_failed_ = false;  // the reason may still be there to be received
  std::optional<Reply> end_;   // goodbye or error
  bool ack_is_wrong_ = false;
  std::string slow_reason_;  // while the server does not read

  std::optional<RecordLine> in_hand_;  // read, and waiting for room
  bool wait_for_source_ = false;
  bool source_is_over_ = false;
  bool file_failed_ = false;
};

}  // namespace crawlspool::cli
