// Asks every loop for its connections and rejects and puts the answers together, each loop on its own thread. Whoever
// asks while one is under way, or shortly after, gets the same. Used on the first loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "daemon/base/clock.h"
#include "daemon/connection/io_threads.h"
#include "daemon/connection/loop_survey.h"

namespace crawlspool::admin {

class Survey {
 public:
  static constexpr std::size_t kConnectionsMax = 1000;

  using Result = std::shared_ptr<const connection::LoopSurvey>;
  using OnResult = std::function<void(const Result&)>;

  // Both outlive it.
  Survey(connection::IoThreads& threads, const base::Clock& clock) : threads_(threads), clock_(clock) {}

  // Calls back at once, or in a later turn of the first loop.
  void ask(OnResult on_result);

 private:
  void begin();
  void take(connection::LoopSurvey&& one);

  connection::IoThreads& threads_;
  const base::Clock& clock_;
  std::vector<OnResult> asking_;
  std::shared_ptr<connection::LoopSurvey> under_way_;
  std::size_t answers_ = 0;  // of loops, so far
  Result newest_;
  std::int64_t newest_us_ = 0;
};

}  // namespace crawlspool::admin
