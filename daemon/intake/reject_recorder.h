// Records a record that is refused, whatever input it came by: its line for rejected/, its row among the
// newest rejects, and a line of the log now and then. The verdict is the input's to send. Cheap, since a peer can
// send nothing else. One a loop, on its thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "daemon/commit/appender.h"
#include "daemon/intake/reject_allowance.h"
#include "daemon/intake/reject_ledger.h"
#include "daemon/json/record_checker.h"

namespace crawlspool::intake {

// Says which record of a connection or request.
struct RejectedNumber {
  struct Logged {
    std::string_view key;
    std::uint64_t number = 0;
  };
  std::uint64_t seq = 0;  // in the spool; 0: none
  Logged logged;          // what the log says
};

// Says whose it is. Views for the time of the call.
struct RejectedSender {
  base::ConnectionId connection = 0;
  std::string_view peer;
  std::string_view via;
  const base::MachineKey& machine;
  const spool::ClientNames& names;
  std::string_view charset;  // what its records come in; empty: UTF-8
};

class RejectRecorder {
 public:
  explicit RejectRecorder(commit::Appender& appender) : appender_(appender) {}

  // Returns the bytes that it takes in rejected/.
  std::size_t record(std::string_view record, const json::RejectReason& reason, const commit::ReadTime& when,
                     const RejectedNumber& number, const RejectedSender& sender);

  // Returns the rejects since then (wall clock).
  [[nodiscard]] std::vector<RejectRow> since(std::int64_t wall_us) const { return ledger_.since(wall_us); }

 private:
  commit::Appender& appender_;
  RejectLedger ledger_;
  RejectAllowance allowance_;
};

}  // namespace crawlspool::intake
