// The spool under test, behind the calls that the simulator makes: what the committer and the maintenance do with it.
// One process's life: made by a start, gone with its end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/write/spool.h"
#include "tests/simulator/ranges.h"
#include "tests/support/forgetful_file_system.h"

namespace crawlspool::simulator {

struct SubjectReport {
  spool::Position read_from = 0;  // what lies before it was not looked at
  spool::Position end = 0;
  std::vector<Range> damaged;
  std::vector<Range> missing;
  std::optional<Range> cut;
  bool cut_was_kept = true;
  std::vector<std::string> skipped;  // with the reason
};

class Subject {
 public:
  [[nodiscard]] static base::Result<std::unique_ptr<Subject>> open(test::ForgetfulDisk& disk,
                                                                   const spool::SpoolOptions& options,
                                                                   const base::Clock& clock);

  // How many bytes of `lines`, whole ones, are in the spool and need no second offer. kDiskFull: none.
  [[nodiscard]] base::Result<std::size_t> append(std::string_view lines, std::size_t first_line_bytes,
                                                 std::span<const spool::SessionMark> marks);
  // kDiskFull: what was appended since the last one is to be offered again.
  [[nodiscard]] base::Result<void> sync(spool::IfFull if_full) { return spool_->sync(if_full); }
  [[nodiscard]] base::Result<void> probe() { return spool_->probe(); }
  [[nodiscard]] base::Result<void> tick() { return spool_->tick(); }
  [[nodiscard]] bool wants_rotation() const { return spool_->wants_rotation(); }
  bool maintain() { return spool_->maintain(); }
  [[nodiscard]] base::Result<void> close() { return spool_->close(); }

  [[nodiscard]] std::uint64_t last_seq(std::uint64_t session) const;  // 0: not known
  [[nodiscard]] spool::SessionOwner owner(std::uint64_t session) const;
  [[nodiscard]] spool::Position position() const { return spool_->position(); }
  [[nodiscard]] const SubjectReport& report() const { return report_; }
  [[nodiscard]] spool::MaintenanceStats maintenance() const { return spool_->maintenance_stats(); }

 private:
  explicit Subject(std::unique_ptr<spool::Spool> spool);

  std::unique_ptr<spool::Spool> spool_;
  SubjectReport report_;
};

}  // namespace crawlspool::simulator
