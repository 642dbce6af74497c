// The clients and the committer between them and the spool: makes batches of records, appends them, syncs, and acks
// only then. What a full disk turns away is offered again, in the same order; what a process took with it the clients
// send again as far as last_seq does not cover it.
#pragma once

#include <string>
#include <vector>

#include "tests/simulator/ledger.h"
#include "tests/simulator/random.h"
#include "tests/simulator/records.h"
#include "tests/simulator/subject.h"

namespace crawlspool::simulator {

enum class Outcome { kDone, kDiskFull, kFailed };

class Feeder {
 public:
  Feeder(Records& records, Ledger& ledger, Random& random, spool::IfFull if_full)
      : records_(records), ledger_(ledger), random_(random), if_full_(if_full) {}

  // One write: what was turned away before, or else new records.
  [[nodiscard]] Outcome append(Subject& subject, std::int64_t wall_us);
  [[nodiscard]] Outcome sync(Subject& subject);
  [[nodiscard]] bool has_unsynced() const { return !appended_.empty(); }
  // The same, or what was turned away and is still to be written.
  [[nodiscard]] bool has_unfinished() const { return !waiting_.empty() || !appended_.empty(); }

  // The process is gone, and with it all that was not synced as far as anyone knows.
  void forget();

  // Behind all that was acked; what recovery cuts lies behind it.
  [[nodiscard]] spool::Position acked_end() const { return acked_end_; }
  void set_acked_end(spool::Position position) { acked_end_ = position; }

 private:
  void make_batch();
  void render(std::int64_t wall_us);
  [[nodiscard]] std::vector<spool::SessionMark> marks() const;
  void take_appended(std::size_t bytes, spool::Position position);

  Records& records_;
  Ledger& ledger_;
  Random& random_;
  spool::IfFull if_full_;
  std::vector<RecordName> waiting_;   // to be offered
  std::vector<RecordName> appended_;  // to be acked with the next sync
  std::string lines_;
  std::vector<std::size_t> line_ends_;  // in lines_, for each of waiting_; of a rejected one the end of the one before
  spool::Position acked_end_ = 0;
};

}  // namespace crawlspool::simulator
