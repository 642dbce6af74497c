// A look at the spool after each start, and now and then while it is written: what is there against what the clients
// know, what is said to be lost against what was harmed.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "tests/simulator/census.h"
#include "tests/simulator/ledger.h"
#include "tests/simulator/ranges.h"
#include "tests/simulator/records.h"
#include "tests/simulator/statistics.h"
#include "tests/simulator/subject.h"
#include "tests/simulator/vandal.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::simulator {

// The active segment as a start will find it.
struct ActiveSegment {
  spool::Position begin = 0;
  std::string content;

  [[nodiscard]] spool::Position end() const { return begin + content.size(); }
};

class Inspection {
 public:
  // `may_remove`: retention is at work.
  Inspection(test::ForgetfulDisk& disk, Records& records, Ledger& ledger, Statistics& statistics, bool may_remove)
      : disk_(disk), records_(records), ledger_(ledger), statistics_(statistics), may_remove_(may_remove) {}

  [[nodiscard]] ActiveSegment active_segment() const;

  // Harm is answered for by the next start that succeeds.
  void harmed(Harm harm);
  [[nodiscard]] bool is_harmed() const { return harm_.has_value(); }
  void start_failed() { start_failed_since_harm_ = true; }

  // `acked_end`: behind all that had been acked. `calmly`: no call failed on the way.
  void inspect_start(const Subject& subject, const ActiveSegment& before, spool::Position acked_end, bool calmly);
  void inspect_active();
  void inspect_end();

  // Segments seen, less one.
  [[nodiscard]] std::uint64_t rotations() const { return segments_seen_.empty() ? 0 : segments_seen_.size() - 1; }
  void count_segments();

 private:
  [[nodiscard]] bool has_active_segment() const;
  void check_recovered(const Census& census, const SubjectReport& report, const Ranges& explained) const;
  void check_read(const Census& census, const Ranges& explained) const;
  void check_reported(const Census& census, const SubjectReport& report, const ActiveSegment& before) const;
  void check_cut(const SubjectReport& report, const ActiveSegment& before, spool::Position acked_end) const;
  [[nodiscard]] Excuses excuses(const Census& census) const;
  [[nodiscard]] Ranges in_cut() const;
  void count(const SubjectReport& report);

  test::ForgetfulDisk& disk_;
  Records& records_;
  Ledger& ledger_;
  Statistics& statistics_;
  bool may_remove_;
  Ranges known_losses_;       // reported before
  std::optional<Harm> harm_;  // since the last start that succeeded
  bool start_failed_since_harm_ = false;
  std::set<spool::Position> segments_seen_;
};

}  // namespace crawlspool::simulator
