#include "daemon/commit/committer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "daemon/base/check.h"
#include "daemon/base/log.h"

namespace crawlspool::commit {
namespace {

using base::ErrorCode;
using base::Result;
using config::SyncPolicy;

constexpr std::int64_t kRoomCheckMs = 200;
constexpr std::int64_t kForgetEveryUs = 60'000'000;
constexpr std::int64_t kRoomWatchUs = 500'000;               // while nothing comes
constexpr std::uint64_t kRoomMarginBytes = 4 * 1024 * 1024;  // hysteresis: what has to be free beyond the need

std::vector<spool::SessionMark> sessions_of(std::span<const std::unique_ptr<AppendBatch>> batches) {
  std::vector<spool::SessionMark> sessions;
  for (const auto& batch : batches) sessions.insert(sessions.end(), batch->sessions.begin(), batch->sessions.end());
  return sessions;
}

bool any_of(std::span<const std::unique_ptr<AppendBatch>> batches, bool (*is)(const AppendBatch&)) {
  return std::any_of(batches.begin(), batches.end(), [is](const auto& batch) { return is(*batch); });
}

bool has_bytes(const AppendBatch& batch) { return batch.bytes() > 0; }
bool is_probe(const AppendBatch& batch) { return batch.is_probe; }
bool has_questions(const AppendBatch& batch) { return !batch.questions.empty(); }

// What an error that may pass is waited out as.
SpoolState waiting_for(const base::Error& error) {
  return error.code == ErrorCode::kExhausted ? SpoolState::kNoDescriptors : SpoolState::kDiskFull;
}

void add_counts(CommitStats& sums, const AppendBatch& batch) {
  for (const proto::Input input : proto::kAllInputs) sums.records_by_input[input] += batch.records_by_input[input];
  for (std::size_t label = 0; label < StreamLabels::kCount; ++label)
    sums.records_by_stream[label] += batch.records_by_stream[label];
}

std::size_t bytes_of(const std::vector<std::unique_ptr<AppendBatch>>& batches) {
  std::size_t bytes = 0;
  for (const auto& batch : batches) bytes += batch->bytes();
  return bytes;
}

}  // namespace

Committer::Committer(spool::Spool& spool, const Options& options, const base::Clock& clock, OnState on_state)
    : spool_(spool),
      options_(options),
      clock_(clock),
      on_state_(std::move(on_state)),
      sessions_(spool, options.sessions, clock) {
  publish();
  thread_ = std::thread([this] { run(); });
}

Committer::~Committer() {
  finish([] {});
  thread_.join();
}

void Committer::submit(std::unique_ptr<AppendBatch> batch) {
  {
    const std::lock_guard lock(mutex_);
    CRAWLSPOOL_CHECK(!finishing_);
    queue_.push_back(std::move(batch));
  }
  wake_.notify_one();
}

void Committer::set_live_options(const LiveOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    live_options_ = options;
  }
  wake_.notify_one();
}

void Committer::take_live_options() {
  const auto options = std::exchange(live_options_, std::nullopt);
  if (!options) return;
  sessions_.set_limits(options->sessions);
  spool_.set_options(options->spool);
}

void Committer::finish(std::function<void()> on_finished) {
  {
    const std::lock_guard lock(mutex_);
    if (finishing_) return;
    finishing_ = true;
    on_finished_ = std::move(on_finished);
  }
  wake_.notify_one();
}

CommitStats Committer::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::int64_t Committer::busy_us() const {
  const std::int64_t got_on_us = got_on_us_.load(std::memory_order_relaxed);
  return got_on_us == kIdle ? 0 : std::max<std::int64_t>(0, clock_.monotonic_us() - got_on_us);
}

void Committer::run() {
  while (true) {
    got_on();
    if (state() != SpoolState::kFailed) watch();
    Batches batches = take();
    if (!batches.empty()) {
      commit(batches);
    } else if (sync_is_due()) {
      if (auto synced = sync_if_due(false, false); !synced) fail(synced.error());
      publish();
    } else if (is_done()) {
      break;
    }
  }
  if (state() != SpoolState::kFailed) {
    if (auto closed = spool_.close(); !closed) fail(closed.error());
    publish();
  }
  got_on_us_.store(kIdle, std::memory_order_relaxed);
  on_finished_();
}

// Asks for the queue too: something may have come since it was looked at.
bool Committer::is_done() const {
  const std::lock_guard lock(mutex_);
  return finishing_ && queue_.empty();
}

// What has to be noticed without a write: the keep-free mark and its end, a segment's age, a snapshot's time.
void Committer::watch() {
  const bool has_room = spool_.has_room(state() == SpoolState::kOk ? 0 : kRoomMarginBytes);
  if (!has_room && state() == SpoolState::kOk) enter_waiting(SpoolState::kDiskFull, "spool.keep_free_bytes reached");
  if (has_room && is_waiting(state())) enter(SpoolState::kOk);
  if (clock_.monotonic_us() >= forget_at_us_) {
    forget_at_us_ = clock_.monotonic_us() + kForgetEveryUs;
    sessions_.forget_old();
  }
  if (auto ticked = spool_.tick(); !ticked) fail(ticked.error());
  publish();
}

// What has come together, oldest first; nothing once all is done and the end is wanted, when a sync is due, or when it
// is time to look at the free space again.
Committer::Batches Committer::take() {
  got_on_us_.store(kIdle, std::memory_order_relaxed);
  std::unique_lock lock(mutex_);
  const auto something = [this] { return !queue_.empty() || finishing_ || live_options_; };
  if (unsynced_ && options_.sync == SyncPolicy::kInterval) {
    const std::int64_t due_us = last_sync_us_ + options_.sync_interval_ms * 1000;
    const std::int64_t wait_us = std::max<std::int64_t>(0, due_us - clock_.monotonic_us());
    wake_.wait_for(lock, std::chrono::microseconds(std::min(wait_us, kRoomWatchUs)), something);
  } else {
    wake_.wait_for(lock, std::chrono::microseconds(kRoomWatchUs), something);
  }
  got_on();
  take_live_options();
  Batches batches;
  std::size_t bytes = 0;
  while (!queue_.empty() && (batches.empty() || bytes + queue_.front()->bytes() <= kCommitBytesMax)) {
    bytes += queue_.front()->bytes();
    batches.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return batches;
}

void Committer::commit(Batches& batches) {
  commit_begun_us_ = clock_.monotonic_us();
  if (state() != SpoolState::kFailed)
    if (auto stored = store(batches); !stored) fail(stored.error());
  hand_back(batches, batches.size());
}

// The first `count` batches go back to their loops.
void Committer::hand_back(Batches& batches, std::size_t count) {
  const bool stored = state() != SpoolState::kFailed;
  const auto end = batches.begin() + static_cast<std::ptrdiff_t>(count);
  if (stored) count_stored({batches.begin(), end});
  publish();
  for (auto batch = batches.begin(); batch != end; ++batch) {
    (*batch)->stored = stored;
    if (stored) answer_questions(**batch);
    CompletionSink* const sink = (*batch)->sink;
    sink->completed(std::move(*batch));
  }
  batches.erase(batches.begin(), end);
}

// Rejects first: the ack that covers them promises that they are kept.
Result<void> Committer::store(Batches& batches) {
  return until_there_is_room(bytes_of(batches), [&] { return store_rejects(batches); })
      .and_then([&] { return store_lines(batches); })
      .and_then([&] { return sync_for_questions(batches); });
}

Result<void> Committer::store_rejects(const Batches& batches) {
  std::vector<std::string_view> lines;
  for (const auto& batch : batches) batch->rejects.append_views(lines);
  return lines.empty() ? Result<void>{} : spool_.rejected().append_and_sync(lines);
}

// Where the disk runs full on the way, the batches that are wholly in are acked and the rest waits for room.
Result<void> Committer::store_lines(Batches& batches) {
  std::vector<spool::SessionMark> sessions = sessions_of(batches);
  PendingLines pending(batches);
  if (pending.empty()) {
    spool_.note(sessions);
    return until_there_is_room(0, [&] { return sync_if_due(false, any_of(batches, is_probe)); });
  }
  while (!pending.empty()) {
    std::size_t stored_bytes = 0;
    const auto stored = until_there_is_room(pending.bytes(), [&]() -> Result<void> {
      CRAWLSPOOL_TRY_AS(const auto some, store_some(pending, sessions, batches));
      stored_bytes = some;
      return {};
    });
    if (!stored) return stored;
    const std::size_t whole_batches = pending.advance(stored_bytes);
    if (whole_batches == 0 || pending.empty()) continue;
    if (auto handed = hand_back_early(batches, whole_batches); !handed) return handed;
    sessions = sessions_of(batches);
  }
  if (is_waiting(state())) enter(SpoolState::kOk);
  return {};
}

// Batches whose lines are all in go back before the rest of their commit. Their rejects are kept already, so all that
// they bring to their sessions counts from here on; it is not brought again with the rest.
Result<void> Committer::hand_back_early(Batches& batches, std::size_t count) {
  const BatchView whole = BatchView(batches).first(count);
  spool_.note(sessions_of(whole));
  return sync_for_questions(whole).map([&] { hand_back(batches, count); });
}

Result<std::size_t> Committer::store_some(const PendingLines& pending, std::span<const spool::SessionMark> sessions,
                                          const Batches& batches) {
  // Out of a full disk only with some room to spare, or it would be in and out with every batch.
  if (state() == SpoolState::kDiskFull && !spool_.has_room(pending.bytes() + kRoomMarginBytes))
    return base::fail(ErrorCode::kDiskFull, "not enough room yet");
  // A segment is sealed with all of its lines synced.
  if (unsynced_ && spool_.wants_rotation()) {
    CRAWLSPOOL_TRY(sync_now());
  }
  const auto appended = spool_.append(pending.chunks(), pending.first_line_bytes(), sessions);
  if (!appended) return appended;
  got_on();
  if (syncs_before_ack() && *appended == pending.bytes()) tell_written(batches);
  return sync_if_due(true, any_of(batches, is_probe)).map([&] { return *appended; });
}

// Those who are content with it; the others wait for the sync.
void Committer::tell_written(const Batches& batches) {
  for (const auto& batch : batches) {
    if (!batch->tells_once_written) continue;
    std::vector<Settlement> written;
    std::copy_if(batch->settlements.begin(), batch->settlements.end(), std::back_inserter(written),
                 [](const Settlement& settlement) { return settlement.once_written; });
    batch->sink->written(std::move(written));
  }
}

// What a session is told of its number has to outlive the machine.
Result<void> Committer::sync_for_questions(BatchView batches) {
  return unsynced_ && any_of(batches, has_questions) ? sync_now() : Result<void>{};
}

void Committer::answer_questions(AppendBatch& batch) {
  for (const spool::SessionMark& mark : batch.sessions) sessions_.brought(mark.session);
  for (session::SessionQuestion& question : batch.questions) question.answer = sessions_.answer(question);
  for (const spool::SessionKey session : batch.ended_sessions) sessions_.ended(session);
}

bool Committer::sync_is_due() const {
  return unsynced_ && options_.sync == SyncPolicy::kInterval &&
         clock_.monotonic_us() >= last_sync_us_ + options_.sync_interval_ms * 1000;
}

Result<void> Committer::sync_if_due(bool wrote, bool probe) {
  unsynced_ = unsynced_ || wrote;
  if ((wrote && syncs_before_ack()) || sync_is_due()) return sync_now();
  return probe ? spool_.probe() : Result<void>{};
}

Result<void> Committer::sync_now() {
  // What was acked as written has left the memory: it cannot be offered again.
  const auto if_full = syncs_before_ack() ? spool::IfFull::kCutBack : spool::IfFull::kFail;
  if (auto synced = spool_.sync(if_full); !synced) return synced;
  got_on();
  ++syncs_;
  unsynced_ = false;
  last_sync_us_ = clock_.monotonic_us();
  return {};
}

// A full disk, or the lack of a descriptor, is waited out and the same tried again; anything else is final.
Result<void> Committer::until_there_is_room(std::size_t bytes, const std::function<Result<void>()>& attempt) {
  while (true) {
    const auto done = attempt();
    if (done || !base::may_pass(done.error())) return done;
    const SpoolState waiting = waiting_for(done.error());
    if (state() != waiting) enter_waiting(waiting, done.error().message());
    wait_for(waiting, bytes);
  }
}

void Committer::wait_for(SpoolState waiting, std::uint64_t bytes) {
  do {
    publish();
    std::this_thread::sleep_for(std::chrono::milliseconds(kRoomCheckMs));
    got_on();
    const std::lock_guard lock(mutex_);
    take_live_options();  // a lower keep-free mark may be the room
  } while (waiting == SpoolState::kDiskFull && !spool_.has_room(bytes + kRoomMarginBytes));
}

void Committer::enter_waiting(SpoolState waiting, const std::string& detail) {
  if (waiting == SpoolState::kDiskFull)
    base::log_error("disk_full", {{"detail", detail}, {"free_bytes", spool_.free_bytes()}});
  else
    base::log_error("no_descriptors", {{"detail", detail}});
  enter(waiting, detail);
}

void Committer::enter(SpoolState state, const std::string& detail) {
  if (state == SpoolState::kOk && this->state() == SpoolState::kDiskFull)
    base::log_info("disk_room", {{"free_bytes", spool_.free_bytes()}});
  if (state == SpoolState::kOk && this->state() == SpoolState::kNoDescriptors) base::log_info("descriptors_free", {});
  {
    const std::lock_guard lock(mutex_);
    stats_.state_detail = detail;
  }
  state_.store(state, std::memory_order_release);
  on_state_(state);
}

void Committer::fail(const base::Error& error) {
  base::log_error("spool_failed", {{"detail", error.message()}, {"durable", spool_.durable()}});
  unsynced_ = false;  // nothing is synced any more
  enter(SpoolState::kFailed, error.message());
}

void Committer::count_stored(BatchView batches) {
  const std::int64_t now_us = clock_.monotonic_us();
  const std::lock_guard lock(mutex_);
  ++stats_.commits;
  if (any_of(batches, has_bytes)) stats_.commit_duration.add(now_us - commit_begun_us_);
  commit_begun_us_ = now_us;
  if (syncs_before_ack() || any_of(batches, is_probe)) stats_.last_proof_us = now_us;
  for (const auto& batch : batches) {
    stats_.records += batch->records;
    stats_.record_bytes += batch->record_bytes;
    for (std::size_t i = 0; i < proto::kRejectCodes; ++i) stats_.rejects_by_code[i] += batch->rejects_by_code[i];
    stats_.rejects_cut += batch->rejects_cut;
    add_counts(stats_, *batch);
    if (batch->records == 0) continue;
    const std::int64_t waited_us = now_us - batch->first_taken_us;
    latency_.add(waited_us, batch->records, now_us);
    stats_.ack_latency.add(waited_us, batch->records);
  }
}

void Committer::publish() {
  const std::uint64_t free_bytes = spool_.free_bytes();
  const spool::BackgroundStats background = spool_.background_stats();
  const std::lock_guard lock(mutex_);
  stats_.syncs = syncs_;
  stats_.position = spool_.position();
  stats_.durable = spool_.durable();
  stats_.background = background;
  stats_.growing_bytes = spool_.growing_bytes();
  stats_.free_bytes = free_bytes;
  stats_.rejected_bytes = spool_.rejected().bytes();
  stats_.sessions = spool_.sessions().size();
  stats_.sessions_connected = sessions_.connected();
}

}  // namespace crawlspool::commit
