// What the clients know: which records they sent, which were acked, and where in the spool each one was put. Holds what
// a start brought back against it. The promises it holds the spool to:
//   - what was acked is there, once, in its session's order, byte for byte;
//   - a session's last_seq covers what is there and nothing that is not: the client sends on from it;
//   - what damage took is said to be lost, and nothing else is.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/simulator/census.h"
#include "tests/simulator/ranges.h"
#include "tests/simulator/records.h"

namespace crawlspool::simulator {

// What may be missing after a start, and why.
struct Excuses {
  Ranges harm_may_cost;              // what was done to the disk on purpose touches no more than this
  Ranges reported;                   // what the spool says is lost
  Ranges blank;                      // lines of spaces, as what is left of damaged ones may read
  Ranges in_cut;                     // what cut/ holds, of this start or one before
  bool report_may_be_lost = false;   // a start that failed may have had it
  bool unacked_may_be_lost = false;  // without a word, or with one that names no place
  spool::Position retired = 0;       // retention may have removed what lies before it
};

class Ledger {
 public:
  explicit Ledger(Records& records) : records_(records), sessions_(records.sessions()) {}

  // The session's next record; it counts as sent from now on.
  [[nodiscard]] RecordName send_next(std::size_t session);
  // It was written at or behind `position`.
  void put_at(RecordName name, spool::Position position);
  void ack(RecordName name);
  // The session's last_seq, after a sync, is what was acked; where that was refused and is no line, it may be less.
  void check_acked(std::size_t session, std::uint64_t last_seq) const;

  // Where the lines are, without a judgement.
  void learn_places(const Census& census);

  // All that was acked is there; what was not may be.
  void check_active(const Census& census, const Excuses& excuses);
  // After a start. The clients go on behind `last_seqs`, one a session.
  void check_start(const Census& census, const std::vector<std::uint64_t>& last_seqs, const Excuses& excuses);
  // At the end: all that was sent is there.
  void check_end(const Census& census, const Excuses& excuses);

  [[nodiscard]] std::uint64_t acked() const;  // records with a line, over all sessions
  [[nodiscard]] bool all_sent_again() const;  // what a process took with it
  [[nodiscard]] std::uint64_t lost_lines() const { return lost_lines_; }

 private:
  struct Record {
    Range place{0, 0};
    bool is_lost = false;  // was acked, and is reported
  };
  struct Session {
    std::uint64_t sent = 0;
    std::uint64_t acked = 0;
    std::uint64_t next = 1;
    std::uint64_t found = 0;      // greatest number in the spool
    std::vector<Record> records;  // by number
  };

  void find_lines(const Census& census, const Excuses& excuses);
  void excuse_up_to(std::size_t session, std::uint64_t seq, const Excuses& excuses);
  void excuse(RecordName name, const Excuses& excuses);

  Records& records_;
  std::vector<Session> sessions_;
  std::uint64_t lost_lines_ = 0;
};

}  // namespace crawlspool::simulator
