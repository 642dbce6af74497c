// Repairs what can be repaired of a spool that no daemon writes to: damaged lines become blank ones, damaged blocks and
// indexes are written again, damaged files beside the segments are written again or set aside. Positions and lengths
// stay; what is overwritten is kept in cut/. What a start of the daemon repairs by itself, such as an unfinished tail,
// is left to it. Where a repair was broken off it may be run again. Source: FORMAT.md, "Repair".
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/spool/compressed/compressed_check.h"
#include "daemon/spool/control/control_files.h"
#include "daemon/spool/repair/damage_survey.h"
#include "daemon/spool/repair/kept_originals.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

enum class RepairMode { kDryRun, kApply };

struct RepairStep {
  enum class Kind {
    kRepair,
    kUnrepairable,  // nothing can be done
    kNote,          // nothing has to be done: the next start does it
  };
  Kind kind;
  std::string place;         // "position 123" or a file's name
  std::string trouble;       // what is wrong there
  std::string remedy = {};   // what is done about it
  std::string kept_in = {};  // where the original is now, if there is one and the step has been taken
};

struct RepairSummary {
  std::uint64_t repairable = 0;  // and, with kApply, repaired
  std::uint64_t unrepairable = 0;
};

class SpoolRepair {
 public:
  // Is called for each step once it has been taken, or at once in a dry run.
  using Report = std::function<void(const RepairStep&)>;

  // `directory` and `clock` outlive it.
  SpoolRepair(Directory& directory, RepairMode mode, const base::Clock& clock, Report report)
      : directory_(directory), mode_(mode), clock_(clock), report_(std::move(report)), kept_(directory) {}

  // Takes the spool's lock, if it is to apply the repairs, for the directory object's life (kLocked names the holder).
  // An error ends it; what was reported until then is done.
  [[nodiscard]] base::Result<RepairSummary> run();

 private:
  using Names = std::vector<std::string>;
  // Returns where the originals went, in the order of the steps.
  using Apply = std::function<base::Result<Names>()>;
  [[nodiscard]] base::Result<void> take(std::vector<RepairStep> steps, const Apply& apply);
  void give_up(std::string place, std::string trouble);

  [[nodiscard]] base::Result<void> prepare();
  [[nodiscard]] base::Result<void> repair_identity();
  [[nodiscard]] base::Result<void> repair_segment(const SegmentDamage& damage);
  [[nodiscard]] base::Result<void> repair_compressed(const SegmentDamage& damage);
  [[nodiscard]] base::Result<void> repair_index(Position position, const CompressedCheck& check);
  [[nodiscard]] base::Result<void> repair_second_copies();
  [[nodiscard]] base::Result<void> set_aside_copy(const Segment& plain, const std::string& copy);
  [[nodiscard]] base::Result<void> repair_durable(const DamageSurvey& survey);
  [[nodiscard]] base::Result<void> set_aside(const ControlTrouble& trouble);
  [[nodiscard]] base::Result<Names> keep_file(Directory& directory, const std::string& file, const std::string& name);

  Directory& directory_;
  const RepairMode mode_;
  const base::Clock& clock_;
  const Report report_;
  KeptOriginals kept_;
  ControlFiles files_;
  RepairSummary summary_;
};

}  // namespace crawlspool::spool
