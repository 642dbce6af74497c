#include "daemon/connection/memory_use.h"

#include "daemon/connection/io_loop.h"

namespace crawlspool::connection {

MemoryUse::MemoryUse(IoLoop& io, base::ConnectionId id, const base::MachineKey& machine)
    : io_(io), id_(id), share_(io.memory_shares(), id, machine) {}

MemoryUse::~MemoryUse() {
  charge(0);
  charge_answers(0);
}

void MemoryUse::charge(std::uint64_t held_bytes) {
  if (held_bytes == charged_bytes_) return;
  if (own_account_ != nullptr)
    own_account_->adjust(charged_bytes_, held_bytes);
  else
    share_.adjust(charged_bytes_, held_bytes);
}

void MemoryUse::charge_answers(std::uint64_t held_bytes) {
  if (own_account_ != nullptr) return;
  const std::uint64_t before = charged_answer_bytes_;
  share_.adjust_answers(charged_answer_bytes_, held_bytes);
  io_.memory_relief().count_output(charged_answer_bytes_ - before);
}

bool MemoryUse::may_take_in(const intake::BatchIntake& batch) {
  if (!batch.is_decompressing()) return may_take_in(batch.rest_bytes());
  if (!share_.may_take_in(SIZE_MAX) || io_.appender().is_full()) return false;
  return io_.memory_relief().may_go_on_with_batch(id_, /*is_decompressed=*/false);
}

bool MemoryUse::may_take_in(std::size_t plain_bytes) {
  if (!share_.may_take_in(plain_bytes) || io_.appender().is_full()) return false;
  if (share_.holds_little()) return share_.may_continue();
  return io_.memory_relief().may_go_on_with_batch(id_, /*is_decompressed=*/true);
}

void MemoryUse::batch_done() {
  if (share_.leave_place()) io_.memory_relief().look_at_waiting();
  io_.memory_relief().batch_done(id_);
}

}  // namespace crawlspool::connection
