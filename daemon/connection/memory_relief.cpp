#include "daemon/connection/memory_relief.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "daemon/connection/io_loop.h"

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kTrimMs = 1000;     // several measurements of what the process holds
constexpr std::size_t kWorthBytes = 4096;  // of a begun frame that is shed

// Of the limit, what answers that are not sent may hold on one loop while others want to go on.
std::uint64_t answers_share(const commit::MemoryBudget& budget) {
  return static_cast<std::uint64_t>(budget.limit()) / 8;
}

bool goes_on_with_any_room(const HeldMemory& held) {
  return held.machine_holds_little || held.holds_whole_batch || held.unfinished;
}

}  // namespace

void MemoryRelief::resume_waiting() {
  if (waiting_.empty()) return;
  const std::vector<base::ConnectionId> ids = std::exchange(waiting_, {});
  // Begun frames go on as soon as there is any room, the others once there is plenty, or no more to be hoped for.
  const bool is_plenty = budget_.is_under_half() || (budget_.may_begin() && !is_anything_under_way());
  for (const base::ConnectionId id : ids) {
    Source* const source = sources_.find(id);
    if (source == nullptr) continue;
    if (is_plenty || goes_on_with_any_room(source->held_memory()))
      source->resume();
    else
      waiting_.push_back(id);
  }
}

void MemoryRelief::tick() {
  if (!budget_.may_begin() || shares_.is_anyone_in_the_way()) drop_unread_answers();
  if (!waiting_.empty()) relieve();
}

void MemoryRelief::turn_end() {
  const bool look_at_waiting = std::exchange(look_at_waiting_, false);
  if (!waiting_.empty() && (look_at_waiting || !budget_.may_continue())) relieve();
}

// Where nothing is on its way to the disk that would make room, the unfinished frame with the lowest rate is shed.
void MemoryRelief::relieve() {
  while (!budget_.may_continue() && may_go_beyond()) {
    if (let_a_whole_batch_go_on() || budget_.is_decompressing() || may_be_trimmed_soon()) return;
    Source* const slowest = slowest_unfinished();
    if (slowest == nullptr) return;
    slowest->shed(Shed::kUnfinishedInput);
  }
  if (!budget_.may_continue()) return;
  trim_awaited_since_ms_.reset();
  resume_waiting();
}

// What is used beyond the accounts is free memory that is about to be given back: no frame is shed for it, unless it
// stays.
bool MemoryRelief::may_be_trimmed_soon() {
  if (budget_.accounted() >= budget_.limit()) return false;
  const std::int64_t now_ms = time_.now_ms();
  if (!trim_awaited_since_ms_) trim_awaited_since_ms_ = now_ms;
  return now_ms - *trim_awaited_since_ms_ < kTrimMs;
}

bool MemoryRelief::is_anything_under_way() const { return appender_.has_unsynced() || budget_.batches_under_way() > 0; }

bool MemoryRelief::may_go_on_with_batch(base::ConnectionId id, bool is_decompressed) const {
  if (appender_.is_full()) return false;
  if (!is_decompressed) return budget_.may_decompress(id);
  return budget_.may_continue() || may_go_beyond();
}

bool MemoryRelief::may_go_beyond() const { return !is_anything_under_way() && output_bytes_ <= answers_share(budget_); }

void MemoryRelief::batch_done(base::ConnectionId id) {
  if (!budget_.done_decompressing(id)) return;
  for (IoLoop* const loop : loops_) {
    MemoryRelief& relief = loop->memory_relief();
    if (&relief == this)
      look_at_waiting();
    else
      loop->mailbox().post([&relief] { relief.look_at_waiting(); });
  }
}

// Where answers that nobody reads keep others from beginning, those go that are taken slowest: of a machine whose share
// is used up so many that its others go on, of all so many that what stays leaves most of the memory.
void MemoryRelief::drop_unread_answers() {
  std::vector<std::pair<UnreadAnswers, base::ConnectionId>> unread;
  std::size_t bytes = 0;
  for (const auto& [id, source] : sources_.all()) {
    const auto answers = source->held_memory().unread_answers;
    if (!answers) continue;
    unread.emplace_back(*answers, id);
    bytes += answers->held_bytes;
  }
  std::sort(unread.begin(), unread.end(),
            [](const auto& a, const auto& b) { return a.first.bytes_per_ms < b.first.bytes_per_ms; });
  for (const auto& [answers, id] : unread) {
    const bool is_enough = budget_.may_begin() || bytes <= answers_share(budget_) / 2;
    if (is_enough && !answers.in_the_way) continue;
    bytes -= answers.held_bytes;
    if (Source* const source = sources_.find(id)) source->shed(Shed::kUnreadAnswers);
  }
}

// What is whole makes room by going to the disk, even if it takes a little more first. Always the same one until it is
// all in: a piece of each in turn would let all their answers grow.
bool MemoryRelief::let_a_whole_batch_go_on() {
  std::vector<base::ConnectionId> whole;
  std::copy_if(waiting_.begin(), waiting_.end(), std::back_inserter(whole), [this](base::ConnectionId id) {
    const Source* const source = sources_.find(id);
    return source != nullptr && source->held_memory().holds_whole_batch;
  });
  std::sort(whole.begin(), whole.end());
  const auto oldest = std::find_if(whole.begin(), whole.end(),
                                   [this](base::ConnectionId id) { return sources_.find(id)->may_go_on_with_batch(); });
  if (oldest == whole.end()) return false;
  const base::ConnectionId id = *oldest;
  std::erase(waiting_, id);
  sources_.find(id)->resume_next_turn();
  return true;
}

// To shed one that holds next to nothing brings nothing, unless there are a great many of them.
Source* MemoryRelief::slowest_unfinished() const {
  struct Slowest {
    Source* source = nullptr;
    double bytes_per_ms = std::numeric_limits<double>::infinity();
    void look_at(Source& other, const Unfinished& unfinished) {
      if (source == nullptr || unfinished.bytes_per_ms < bytes_per_ms) *this = {&other, unfinished.bytes_per_ms};
    }
  };
  Slowest of_all;
  Slowest of_large;
  std::size_t bytes = 0;
  for (const auto& [id, source] : sources_.all()) {
    const auto unfinished = source->held_memory().unfinished;
    if (!unfinished) continue;
    bytes += unfinished->held_bytes;
    of_all.look_at(*source, *unfinished);
    if (unfinished->held_bytes >= kWorthBytes) of_large.look_at(*source, *unfinished);
  }
  if (of_large.source != nullptr) return of_large.source;
  return bytes >= answers_share(budget_) ? of_all.source : nullptr;
}

}  // namespace crawlspool::connection
