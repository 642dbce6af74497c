#include "daemon/spool/repair/repair_steps.h"

namespace crawlspool::spool {

using base::Result;

Result<void> RepairSteps::take(std::vector<RepairStep> steps, const Apply& apply) {
  summary_.repairable += steps.size();
  if (applies() && !steps.empty()) {
    CRAWLSPOOL_TRY_AS(auto names, apply());
    names.resize(steps.size());
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i].kept_in = std::move(names[i]);
  }
  for (const RepairStep& step : steps) report_(step);
  return {};
}

void RepairSteps::give_up(std::string place, std::string trouble) {
  ++summary_.unrepairable;
  report_({RepairStep::Kind::kUnrepairable, std::move(place), std::move(trouble)});
}

}  // namespace crawlspool::spool
