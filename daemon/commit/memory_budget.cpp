#include "daemon/commit/memory_budget.h"

#include <cassert>

namespace crawlspool::commit {
namespace {

constexpr std::int64_t kCreditBytes = 64 * 1024;

}  // namespace

// Between none and two credits are held unused, so that a swing around a step does not touch the shared counter.
void MemoryAccount::adjust_credit() {
  assert(used_ >= 0);
  if (used_ <= credit_ && credit_ - used_ <= 2 * kCreditBytes) return;
  const std::int64_t credit = used_ == 0 ? 0 : (used_ / kCreditBytes + 1) * kCreditBytes;
  budget_.used_.fetch_add(credit - credit_, std::memory_order_relaxed);
  credit_ = credit;
}

}  // namespace crawlspool::commit
