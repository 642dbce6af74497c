// Takes the steps of a repair: counts them, applies them unless it is a dry run, and reports each one once it has been
// taken.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/base/error.h"

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

class RepairSteps {
 public:
  // Is called for each step once it has been taken, or at once in a dry run.
  using Report = std::function<void(const RepairStep&)>;
  using Names = std::vector<std::string>;
  // Does what the steps say. Returns where the originals went, in the order of the steps.
  using Apply = std::function<base::Result<Names>()>;

  RepairSteps(RepairMode mode, Report report) : mode_(mode), report_(std::move(report)) {}

  [[nodiscard]] bool applies() const { return mode_ == RepairMode::kApply; }
  [[nodiscard]] const RepairSummary& summary() const { return summary_; }

  [[nodiscard]] base::Result<void> take(std::vector<RepairStep> steps, const Apply& apply);
  void give_up(std::string place, std::string trouble);
  void note(std::string place, std::string what) {
    report_({RepairStep::Kind::kNote, std::move(place), std::move(what)});
  }

 private:
  const RepairMode mode_;
  const Report report_;
  RepairSummary summary_;
};

}  // namespace crawlspool::spool
