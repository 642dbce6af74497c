// Repairs what can be repaired of a spool that no daemon writes to: damaged lines become blank ones, damaged blocks and
// indexes are written again, damaged files beside the segments are written again or set aside. Positions and lengths
// stay; what is overwritten is kept in cut/. What a start of the daemon repairs by itself, such as an unfinished tail,
// is left to it. Where a repair was broken off it may be run again. Source: FORMAT.md, "Repair".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/spool/compressed/compressed_check.h"
#include "daemon/spool/control/control_files.h"
#include "daemon/spool/repair/damage_survey.h"
#include "daemon/spool/repair/kept_originals.h"
#include "daemon/spool/repair/repair_steps.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

class SpoolRepair {
 public:
  // `directory` and `clock` outlive it.
  SpoolRepair(Directory& directory, RepairMode mode, const base::Clock& clock, RepairSteps::Report report)
      : directory_(directory), clock_(clock), steps_(mode, std::move(report)), kept_(directory) {}

  // Takes the spool's lock, if it is to apply the repairs, for the directory object's life (kLocked names the holder).
  // An error ends it; what was reported until then is done.
  [[nodiscard]] base::Result<RepairSummary> run();

 private:
  using Names = RepairSteps::Names;

  [[nodiscard]] base::Result<void> prepare();
  [[nodiscard]] base::Result<void> repair_identity();
  [[nodiscard]] base::Result<void> repair_segment(const SegmentDamage& damage);
  [[nodiscard]] base::Result<void> repair_compressed(const SegmentDamage& damage);
  [[nodiscard]] base::Result<void> repair_index(Position position, const CompressedCheck& check);
  [[nodiscard]] base::Result<void> repair_second_copies();
  [[nodiscard]] base::Result<void> set_aside_copy(const Segment& plain, const std::string& copy);
  [[nodiscard]] base::Result<void> repair_durable(const DamageSurvey& survey);
  [[nodiscard]] base::Result<void> set_aside(const ControlTrouble& trouble);

  Directory& directory_;
  const base::Clock& clock_;
  RepairSteps steps_;
  KeptOriginals kept_;
  ControlFiles files_;
};

}  // namespace crawlspool::spool
