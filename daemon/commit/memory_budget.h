// Counts what the process holds for its peers, in bytes: begun frames, request bodies, lines and rejects under way,
// answers that are not sent; and what it holds beyond that, in free memory that it has not given back, above what it
// may always hold. There is one budget for the process and one account a loop; the account draws credits of 64 KiB, so
// that loops do not share a counter record by record.
//
//   0 ........ half ........ limit - reserve ........ limit
//      all go on |  frames begin  |   begun frames end  |  nothing more; the slowest begun frame is shed
#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstdint>

namespace crawlspool::commit {

class MemoryBudget {
 public:
  // The reserve, for frames already begun, is a quarter of the limit, or one whole frame if that is more.
  MemoryBudget(std::uint64_t limit_bytes, std::uint64_t frame_bytes_max) { set_limit(limit_bytes, frame_bytes_max); }

  // May be called from any thread. Under a lower limit what is held stays; nothing more comes before it is below.
  void set_limit(std::uint64_t limit_bytes, std::uint64_t frame_bytes_max) {
    const std::uint64_t reserve_bytes = std::max(limit_bytes / 4, frame_bytes_max);
    limit_.store(static_cast<std::int64_t>(limit_bytes), std::memory_order_relaxed);
    begin_limit_.store(static_cast<std::int64_t>(limit_bytes - reserve_bytes), std::memory_order_relaxed);
  }

  [[nodiscard]] bool may_begin() const { return used() < begin_limit_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool may_continue() const { return used() < limit(); }
  // Returns how much is left before nothing may begin; 0 where nothing may.
  [[nodiscard]] std::int64_t free_to_begin() const {
    return std::max<std::int64_t>(0, begin_limit_.load(std::memory_order_relaxed) - used());
  }
  [[nodiscard]] bool is_under_half() const { return used() < limit() / 2; }

  // What is compressed can grow far beyond what came. Any may be decompressed while frames may begin; beyond that one
  // at a time, by whoever asks first and until it says that it is done. May be called from any thread.
  [[nodiscard]] bool may_decompress(std::uint64_t who) {
    if (may_begin()) return true;
    std::uint64_t nobody = 0;
    return decompressing_.compare_exchange_strong(nobody, who, std::memory_order_relaxed) || nobody == who;
  }
  // Whether someone decompresses beyond the budget, and so gives memory back by itself.
  [[nodiscard]] bool is_decompressing() const { return decompressing_.load(std::memory_order_relaxed) != 0; }
  // Returns true if others may have waited for it.
  bool done_decompressing(std::uint64_t who) {
    return decompressing_.load(std::memory_order_relaxed) == who &&
           decompressing_.compare_exchange_strong(who, 0, std::memory_order_relaxed);
  }

  // Takes what the kernel says that the process holds. What of it is beyond what is charged counts from then on as
  // used, less kUnaccountedBytesMax, but never as more than a quarter of the limit: so much always moves.
  static constexpr std::int64_t kUnaccountedBytesMax = 32 * 1024 * 1024;
  void note_resident(std::uint64_t bytes) {
    const std::int64_t beyond = std::max<std::int64_t>(0, static_cast<std::int64_t>(bytes) - accounted());
    unaccounted_.store(beyond, std::memory_order_relaxed);
    surplus_.store(std::clamp<std::int64_t>(beyond - kUnaccountedBytesMax, 0, limit() / 4), std::memory_order_relaxed);
  }
  // Returns what was resident when last noted, and in none of the accounts.
  [[nodiscard]] std::int64_t unaccounted() const { return unaccounted_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t accounted() const { return used_.load(std::memory_order_relaxed); }
  // Returns how many batches of all loops are on their way to the disk: they will give memory back by themselves.
  [[nodiscard]] std::int64_t batches_under_way() const { return batches_under_way_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t used() const { return accounted() + surplus_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t limit() const { return limit_.load(std::memory_order_relaxed); }

 private:
  friend class MemoryAccount;

  std::atomic<std::int64_t> limit_{0};
  std::atomic<std::int64_t> begin_limit_{0};  // the limit without the reserve
  std::atomic<std::int64_t> used_{0};
  std::atomic<std::int64_t> unaccounted_{0};
  std::atomic<std::int64_t> surplus_{0};  // of that, what counts as used
  std::atomic<std::int64_t> batches_under_way_{0};
  std::atomic<std::uint64_t> decompressing_{0};  // who does so beyond the budget, counted from 1; 0: nobody
};

// Belongs to one loop and is used on its thread.
class MemoryAccount {
 public:
  explicit MemoryAccount(MemoryBudget& budget) : budget_(budget) {}
  ~MemoryAccount() { budget_.used_.fetch_sub(credit_, std::memory_order_relaxed); }
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;

  void charge(std::uint64_t bytes) {
    used_ += static_cast<std::int64_t>(bytes);
    adjust_credit();
  }
  void release(std::uint64_t bytes) {
    used_ -= static_cast<std::int64_t>(bytes);
    adjust_credit();
  }
  // Brings what someone has charged so far to what they hold now.
  void adjust(std::uint64_t& charged, std::uint64_t held) {
    used_ += static_cast<std::int64_t>(held) - static_cast<std::int64_t>(charged);
    charged = held;
    adjust_credit();
  }
  void batch_sent() { budget_.batches_under_way_.fetch_add(1, std::memory_order_relaxed); }
  void batch_came_back() { budget_.batches_under_way_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  static constexpr std::int64_t kCreditBytes = 64 * 1024;

  // Holds between none and two credits unused, so that a swing around a step does not touch the shared counter.
  void adjust_credit() {
    assert(used_ >= 0);
    if (used_ <= credit_ && credit_ - used_ <= 2 * kCreditBytes) return;
    const std::int64_t credit = used_ == 0 ? 0 : (used_ / kCreditBytes + 1) * kCreditBytes;
    budget_.used_.fetch_add(credit - credit_, std::memory_order_relaxed);
    credit_ = credit;
  }

  MemoryBudget& budget_;
  std::int64_t used_ = 0;
  std::int64_t credit_ = 0;  // drawn from the budget: at least used_
};

}  // namespace crawlspool::commit
