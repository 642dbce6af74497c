// One run of one mode at one ack level, and the checks that make it count.
#pragma once

#include "cli/bench/campaign.h"

namespace crawlspool::bench {

struct Outcome {
  std::optional<Run> run;
  std::string why_not;  // if there is none: the server does not offer it
};

// `on_progress`: of this run.
[[nodiscard]] base::Result<Outcome> measure(const Settings& settings, const Surroundings& surroundings, Mode mode,
                                            AckLevel level, const Load::OnProgress& on_progress);

}  // namespace crawlspool::bench
