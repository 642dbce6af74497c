#include "daemon/admin/survey.h"

#include <utility>

namespace crawlspool::admin {
namespace {

constexpr std::int64_t kFreshUs = 500'000;
constexpr std::int64_t kRejectsWindowUs = 15 * 60 * 1'000'000LL;

}  // namespace

void Survey::ask(OnResult on_result) {
  if (newest_ && clock_.monotonic_us() - newest_us_ < kFreshUs) return on_result(newest_);
  asking_.push_back(std::move(on_result));
  if (!under_way_) begin();
}

void Survey::begin() {
  under_way_ = std::make_shared<connection::LoopSurvey>();
  answers_ = 0;
  const std::int64_t rejects_since_us = clock_.wall_us() - kRejectsWindowUs;
  threads_.on_each([this, rejects_since_us](connection::IoLoop& loop) {
    // std::function wants something that can be copied.
    auto one = std::make_shared<connection::LoopSurvey>(loop.survey(kConnectionsMax, rejects_since_us));
    threads_.first().mailbox().post([this, one] { take(std::move(*one)); });
  });
}

void Survey::take(connection::LoopSurvey&& one) {
  merge(*under_way_, std::move(one), kConnectionsMax);
  if (++answers_ < threads_.count()) return;
  newest_ = std::exchange(under_way_, nullptr);
  newest_us_ = clock_.monotonic_us();
  for (const OnResult& on_result : std::exchange(asking_, {})) on_result(newest_);
}

}  // namespace crawlspool::admin
