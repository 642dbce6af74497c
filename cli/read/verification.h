// Reads a whole spool and reports what is wrong with it, beside a running daemon or without one: each line, the numbers
// of the sessions, the segments' row, compressed segments and their indexes, and the files beside them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/common/console.h"
#include "cli/common/damage.h"
#include "daemon/spool/compressed/compressed_check.h"
#include "daemon/spool/control/control_files.h"
#include "daemon/spool/lines/sessions.h"
#include "daemon/spool/read/position_search.h"
#include "daemon/spool/read/segment_reader.h"
#include "daemon/spool/recovery/segment_recovery.h"

namespace crawlspool::cli {

class Verification {
 public:
  struct Totals {
    spool::Extent extent;
    std::uint64_t lines = 0;  // sound ones
    std::uint64_t bytes = 0;  // of them
    std::uint64_t sessions = 0;
    std::uint64_t blank_lines = 0;
    std::uint64_t compressed_segments = 0;
    std::vector<std::string> notes;  // what is no damage, and worth knowing
  };

  // All references outlive it. Reports to `damage` what is damaged, as it is met.
  Verification(spool::Directory& directory, DamageLog& damage, Console& console)
      : directory_(directory), damage_(damage), console_(console) {}

  // Reads up to the spool's end as it is at the start. Fails where the directory cannot be read.
  [[nodiscard]] base::Result<Totals> run();

 private:
  void report_troubles();
  void check_cursor(const spool::NamedCursor& named);
  [[nodiscard]] base::Result<void> read_lines();
  void count(const spool::ReadLine& line);
  void check_sequence(const spool::ReadLine& line);
  void check_promises(const spool::SegmentReader& reader);
  [[nodiscard]] base::Result<void> check_compressed_segments();
  void report_compressed(spool::Position position, const spool::CompressedCheck& check);
  [[nodiscard]] bool holds_reported_damage(const spool::Block& block) const;
  [[nodiscard]] base::Result<void> note_strangers();
  void damaged(spool::Position position, std::uint64_t bytes);

  spool::Directory& directory_;
  DamageLog& damage_;
  Console& console_;
  Totals totals_;
  spool::ControlFiles files_;
  std::uint64_t promised_ = 0;  // the spool has been that long
  spool::SequenceCheck sequences_;
  std::vector<spool::ByteRange> damaged_;
  std::uint64_t unfinished_bytes_ = 0;
  bool durable_is_possible_ = false;  // a line ends there, or what is there is not known
};

}  // namespace crawlspool::cli
