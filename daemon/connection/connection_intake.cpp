// What a connection may take in, and what it holds of the memory for all.
#include "daemon/connection/connection.h"
#include "daemon/connection/io_loop.h"

namespace crawlspool::connection {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;        // bounds the work of a turn
constexpr std::size_t kLargeReadBytes = 256 * 1024;  // within a large frame

}  // namespace

ReadPlan Connection::plan_records(std::size_t begun_needs) {
  if (link_.unsent_bytes() > kUnsentBytesMax) return {0, Pause::kOutput};
  if (is_waiting(io_.shared().committer.state())) return {0, Pause::kSpoolWaits};
  if (io_.appender().is_full()) return {0, Pause::kSpoolBusy};
  if (protocol_->holds_whole_batch())
    return protocol_->may_go_on_with_batch() ? ReadPlan{kReadBytes} : ReadPlan{0, Pause::kMemory};
  if (memory_share_.may_begin()) return {begun_needs > kReadBytes ? kLargeReadBytes : kReadBytes};
  // Only to the end of what has begun.
  if (begun_needs > 0 && memory_share_.may_continue()) return {begun_needs};
  return {0, Pause::kMemory};
}

bool Connection::must_wait_before_making(const intake::BatchIntake& batch, const spool::Origin& origin) {
  return batch.is_untouched() &&
         credit_.must_wait_before_making(batch.estimated_line_bytes(spool::envelope_bytes_max(origin)),
                                         budget_.made_bytes(), io_.now_ms());
}

bool Connection::may_take_in(const intake::BatchIntake& batch) {
  const bool is_decompressing = batch.is_decompressing();
  if (!memory_share_.may_take_in(is_decompressing ? SIZE_MAX : batch.rest_bytes()) || io_.appender().is_full())
    return false;
  if (!is_decompressing && memory_share_.holds_little()) return memory_share_.may_continue();
  return io_.memory_relief().may_go_on_with_batch(id(), !is_decompressing);
}

void Connection::batch_done() {
  if (memory_share_.leave_place()) io_.memory_relief().look_at_waiting();
  io_.memory_relief().batch_done(id());
}

void Connection::account_memory() {
  const std::uint64_t held = protocol_->held_bytes() + kept_input_.capacity();
  if (held == charged_bytes_) return;
  if (auto* const own_account = protocol_->own_account())
    own_account->adjust(charged_bytes_, held);
  else
    memory_share_.adjust(charged_bytes_, held);
}

intake::RecordWriter Connection::make_writer() {
  return {{io_.appender(), io_.checker(), io_.rejects(), io_.shared().streams, io_.leases()},
          {id(), input(), peer()},
          limits().record_bytes_max,
          budget_};
}

}  // namespace crawlspool::connection
