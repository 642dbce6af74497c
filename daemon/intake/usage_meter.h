// Charges what one source brings to its user, where it has one. All sources of a user share the counts, so that they
// are touched for some records together. On the source's loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "daemon/auth/usage.h"

namespace crawlspool::intake {

class UsageMeter {
 public:
  UsageMeter() = default;
  ~UsageMeter() { charge(); }
  UsageMeter(const UsageMeter&) = delete;
  UsageMeter& operator=(const UsageMeter&) = delete;

  // nullptr: nobody is charged.
  void set_user(std::shared_ptr<auth::Usage> usage) {
    if (usage == usage_) return;
    charge();
    usage_ = std::move(usage);
  }
  void count(std::size_t record_bytes) {
    if (!usage_) return;
    bytes_ += record_bytes;
    if (++records_ >= kRecordsTogether || bytes_ >= kBytesTogether) charge();
  }
  // What was counted is all that comes for now.
  void charge() {
    if (records_ > 0) usage_->take(std::exchange(records_, 0), std::exchange(bytes_, 0));
  }
  // Returns for how long the user's rates allow nothing more; 0: go on.
  [[nodiscard]] std::int64_t wait_ms() const { return usage_ ? usage_->wait_ms() : 0; }

 private:
  static constexpr std::uint64_t kRecordsTogether = 64;
  static constexpr std::uint64_t kBytesTogether = 64 * 1024;

  std::shared_ptr<auth::Usage> usage_;
  std::uint64_t records_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace crawlspool::intake
