#include "daemon/commit/committer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace crawlspool::commit {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::chrono::milliseconds kRoomCheck{200};
constexpr std::chrono::microseconds kWatchEvery{500'000};  // while nothing comes
constexpr std::int64_t kForgetEveryUs = 60'000'000;
constexpr std::uint64_t kRoomMarginBytes = 4 * 1024 * 1024;  // hysteresis: what has to be free beyond the need

std::vector<spool::SessionMark> sessions_of(BatchView batches) {
  std::vector<spool::SessionMark> sessions;
  for (const auto& batch : batches) sessions.insert(sessions.end(), batch->sessions.begin(), batch->sessions.end());
  return sessions;
}

bool is_probe(const AppendBatch& batch) { return batch.is_probe; }
bool has_lease_requests(const AppendBatch& batch) { return !batch.lease_requests.empty(); }

std::size_t bytes_of(BatchView batches) {
  std::size_t bytes = 0;
  for (const auto& batch : batches) bytes += batch->bytes();
  return bytes;
}

// Notifies the connections that ask for it that their lines are written; the others wait for the sync.
void notify_written(BatchView batches) {
  for (const auto& batch : batches) {
    if (!batch->acks_once_written) continue;
    std::vector<ConnectionMark> written;
    std::copy_if(batch->connections.begin(), batch->connections.end(), std::back_inserter(written),
                 [](const ConnectionMark& mark) { return mark.once_written; });
    batch->sink->written(std::move(written));
  }
}

}  // namespace

Committer::Committer(spool::Spool& spool, const Options& options, const base::Clock& clock, OnState on_state)
    : spool_(spool),
      clock_(clock),
      status_(spool, clock, std::move(on_state)),
      counters_(clock),
      syncs_(spool, status_, {options.sync, options.sync_interval_ms}, clock),
      sessions_(spool, options.sessions, clock) {
  publish();
  thread_ = std::thread([this] { run(); });
}

Committer::~Committer() {
  finish([] {});
  thread_.join();
}

CommitStats Committer::stats() const {
  CommitStats stats = counters_.stats();
  stats.state_detail = status_.detail();
  return stats;
}

void Committer::run() {
  while (true) {
    status_.made_progress();
    if (state() != SpoolState::kFailed) watch();
    Batches batches = take();
    if (!batches.empty()) {
      commit(batches);
    } else if (syncs_.is_due()) {
      if (auto synced = syncs_.sync_now(); !synced) fail(synced.error());
      publish();
    } else if (queue_.is_done()) {
      break;
    }
  }
  if (state() != SpoolState::kFailed) {
    if (auto closed = spool_.close(); !closed) fail(closed.error());
    publish();
  }
  status_.become_idle();
  queue_.call_on_closed();
}

// Notices what happens without a write: the keep-free mark and its end, a segment's age, a snapshot's time.
void Committer::watch() {
  const bool has_room = spool_.has_room(state() == SpoolState::kOk ? 0 : kRoomMarginBytes);
  if (!has_room && state() == SpoolState::kOk)
    status_.wait_out({ErrorCode::kDiskFull, 0, "spool.keep_free_bytes reached"});
  if (has_room && is_waiting(state())) status_.enter_ok();
  if (clock_.monotonic_us() >= forget_at_us_) {
    forget_at_us_ = clock_.monotonic_us() + kForgetEveryUs;
    sessions_.forget_old();
  }
  if (auto ticked = spool_.tick(); !ticked) fail(ticked.error());
  publish();
}

// Returns no batches once all is done and the queue closed, when a sync is due, or when it is time to watch() again.
Batches Committer::take() {
  status_.become_idle();
  Batches batches = queue_.take(std::min(kWatchEvery, syncs_.until_due()));
  status_.made_progress();
  take_live_options();
  return batches;
}

void Committer::take_live_options() {
  const auto options = queue_.take_live_options();
  if (!options) return;
  sessions_.set_limits(options->sessions);
  spool_.set_options(options->spool);
}

void Committer::commit(Batches& batches) {
  counters_.begin_commit();
  if (state() != SpoolState::kFailed)
    if (auto stored = store(batches); !stored) fail(stored.error());
  hand_back(batches, batches.size());
}

// Gives the first `count` batches back to their loops.
void Committer::hand_back(Batches& batches, std::size_t count) {
  const bool stored = state() != SpoolState::kFailed;
  const BatchView back = BatchView(batches).first(count);
  if (stored) counters_.count(back, syncs_before_ack() || any_of(back, is_probe));
  publish();
  for (std::size_t i = 0; i < count; ++i) {
    AppendBatch& batch = *batches[i];
    batch.stored = stored;
    if (stored) reply_to_lease_requests(batch);
    batch.sink->completed(std::move(batches[i]));
  }
  batches.erase(batches.begin(), batches.begin() + static_cast<std::ptrdiff_t>(count));
}

// Gives batches back whose lines are all in, before the rest of their commit. Their rejects are kept already, so all
// that they bring to their sessions counts from here on; it is not brought again with the rest.
Result<void> Committer::hand_back_early(Batches& batches, std::size_t count) {
  const BatchView whole = BatchView(batches).first(count);
  spool_.note(sessions_of(whole));
  CRAWLSPOOL_TRY(sync_for_lease_requests(whole));
  hand_back(batches, count);
  return {};
}

void Committer::reply_to_lease_requests(AppendBatch& batch) {
  for (const spool::SessionMark& mark : batch.sessions) sessions_.brought(mark.session);
  for (session::LeaseRequest& request : batch.lease_requests) request.reply = sessions_.reply_to(request);
  for (const spool::SessionKey session : batch.ended_sessions) sessions_.ended(session);
}

// Stores the rejects first: the ack that covers them promises that they are kept.
Result<void> Committer::store(Batches& batches) {
  CRAWLSPOOL_TRY(until_there_is_room(bytes_of(batches), [&] { return store_rejects(batches); }));
  CRAWLSPOOL_TRY(store_lines(batches));
  return sync_for_lease_requests(batches);
}

Result<void> Committer::store_rejects(BatchView batches) {
  std::vector<std::string_view> lines;
  for (const auto& batch : batches) batch->rejects.append_views(lines);
  return lines.empty() ? Result<void>{} : spool_.rejected().append_and_sync(lines);
}

// Stores all lines. Where the disk runs full on the way, the batches that are wholly in are acked and the rest waits.
Result<void> Committer::store_lines(Batches& batches) {
  std::vector<spool::SessionMark> sessions = sessions_of(batches);
  PendingLines pending;
  for (const auto& batch : batches) pending.add(batch->lines);
  if (pending.empty()) {
    spool_.note(sessions);
    return until_there_is_room(0, [&] { return syncs_.sync_if_due(any_of(batches, is_probe)); });
  }
  while (!pending.empty()) {
    std::size_t stored_bytes = 0;
    CRAWLSPOOL_TRY(until_there_is_room(pending.bytes(), [&]() -> Result<void> {
      CRAWLSPOOL_TRY_AS(stored_bytes, store_some(pending, sessions, batches));
      return {};
    }));
    const std::size_t whole_batches = pending.advance(stored_bytes);
    if (whole_batches == 0 || pending.empty()) continue;
    CRAWLSPOOL_TRY(hand_back_early(batches, whole_batches));
    sessions = sessions_of(batches);
  }
  if (is_waiting(state())) status_.enter_ok();
  return {};
}

// Returns how many of the pending bytes are stored.
Result<std::size_t> Committer::store_some(const PendingLines& pending, std::span<const spool::SessionMark> sessions,
                                          BatchView batches) {
  // A full disk is left with some room to spare only, or the state would change with every batch.
  if (state() == SpoolState::kDiskFull && !spool_.has_room(pending.bytes() + kRoomMarginBytes))
    return base::fail(ErrorCode::kDiskFull, "not enough room yet");
  // A segment is sealed with all of its lines synced.
  if (syncs_.has_unsynced() && spool_.wants_rotation()) {
    CRAWLSPOOL_TRY(syncs_.sync_now());
  }
  CRAWLSPOOL_TRY_AS(const std::size_t appended, spool_.append(pending.chunks(), pending.first_line_bytes(), sessions));
  status_.made_progress();
  syncs_.note_appended();
  if (syncs_before_ack() && appended == pending.bytes()) notify_written(batches);
  CRAWLSPOOL_TRY(syncs_.sync_if_due(any_of(batches, is_probe)));
  return appended;
}

// Syncs where a session learns its number: that has to survive the machine.
Result<void> Committer::sync_for_lease_requests(BatchView batches) {
  return syncs_.has_unsynced() && any_of(batches, has_lease_requests) ? syncs_.sync_now() : Result<void>{};
}

// Waits out a full disk, or the lack of a descriptor, and tries the same again; anything else is final.
Result<void> Committer::until_there_is_room(std::size_t bytes, const std::function<Result<void>()>& attempt) {
  while (true) {
    const auto done = attempt();
    if (done || !base::may_pass(done.error())) return done;
    status_.wait_out(done.error());
    wait_for_room(bytes);
  }
}

// Returns after one wait where only a try can show whether there is room.
void Committer::wait_for_room(std::uint64_t bytes) {
  do {
    publish();
    std::this_thread::sleep_for(kRoomCheck);
    status_.made_progress();
    take_live_options();  // a lower keep-free mark may be the room
  } while (state() == SpoolState::kDiskFull && !spool_.has_room(bytes + kRoomMarginBytes));
}

void Committer::fail(const base::Error& error) {
  syncs_.give_up();
  status_.fail(error);
}

}  // namespace crawlspool::commit
