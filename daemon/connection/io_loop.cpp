#include "daemon/connection/io_loop.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <limits>
#include <utility>

#include "proto/frame_decoder.h"

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kTickMs = 100;
constexpr std::size_t kDeadlineBuckets = 512;
constexpr std::int64_t kSpanMs = kTickMs * (kDeadlineBuckets - 4);  // well within the ring
constexpr std::size_t kReadBufferBytes = 256 * 1024;
// One connection's turn while others wait: a quarter of what it may cost otherwise.
constexpr std::uint64_t kSharedTurnCostMax = intake::TurnBudget::kTurnCostMax / 4;
constexpr std::uint64_t kAtOnceCostMax = 2 * intake::TurnBudget::kTurnCostMax;
constexpr std::int64_t kRoundUs = 3000;
constexpr std::int64_t kTrimMs = 1000;  // several measurements of what the process holds

constexpr std::size_t kWorthBytes = 4096;  // of a begun frame that is given up

// Of the limit, what answers that are not sent may hold on one loop while others want to go on.
std::uint64_t answers_share(const commit::MemoryBudget& memory) {
  return static_cast<std::uint64_t>(memory.limit()) / 8;
}

}  // namespace

IoLoop::IoLoop(const Shared& shared, ConfigPtr config)
    : shared_(shared),
      config_(std::move(config)),
      mailbox_(loop_),
      checker_(config_->limits.record_depth_max),
      appender_(shared.committer, *this, shared.memory),
      rejects_(appender_),
      session_claims_(*this, shared.sessions),
      memory_shares_(shared.memory, appender_.memory()),
      read_buffer_(kReadBufferBytes, proto::FrameDecoder::kPaddingBytes),
      time_(shared.clock),
      deadlines_(kTickMs, kDeadlineBuckets, time_.now_ms()),
      tick_timer_(loop_, [this] { tick(); }),
      turn_end_(loop_, [this] { turn_end(); }) {
  shared.loops.push_back(this);
  shared.sessions.loops.push_back(this);
  tick_timer_.start(kTickMs, kTickMs);
}

IoLoop::~IoLoop() = default;

commit::ReadTime IoLoop::read_time() const {
  commit::ReadTime time{};
  time.wall_us = shared_.clock.wall_us();
  base::format_timestamp(time.wall_us, time.timestamp);
  time.monotonic_us = shared_.clock.monotonic_us();
  return time;
}

Connection* IoLoop::find(base::ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

// Connections may end each other and themselves on the way.
void IoLoop::for_each(const std::function<void(Connection&)>& action) {
  std::vector<base::ConnectionId> ids;
  ids.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) ids.push_back(id);
  for (const base::ConnectionId id : ids)
    if (Connection* connection = find(id)) action(*connection);
}

std::int64_t IoLoop::arm(base::ConnectionId id, std::int64_t due_ms) {
  const std::int64_t within_span_ms = std::min(due_ms, now_ms() + kSpanMs);
  deadlines_.arm(id, within_span_ms);
  return within_span_ms;
}

void IoLoop::adopt(std::unique_ptr<Connection> connection, base::UniqueFd fd) {
  Connection& adopted = *connection;
  connections_.emplace(adopted.id(), std::move(connection));
  connection_count_.store(connections_.size(), std::memory_order_relaxed);
  if (adopted.holds_up_drain()) ++holding_up_drain_;
  adopted.start(std::move(fd));
  if (is_draining_) adopted.drain();
}

void IoLoop::retire(base::ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return;
  if (found->second->holds_up_drain()) --holding_up_drain_;
  graveyard_.push_back(std::move(found->second));
  connections_.erase(found);
  connection_count_.store(connections_.size(), std::memory_order_relaxed);
}

void IoLoop::drain(std::function<void()> on_empty) {
  is_draining_ = true;
  on_empty_ = std::move(on_empty);
  for_each([](Connection& connection) { connection.drain(); });
  mailbox_.post([] {});  // there may have been none: the turn that this brings sees it
}

void IoLoop::cut() {
  for_each([](Connection& connection) { connection.cut(); });
}

void IoLoop::stop() {
  connections_.clear();
  graveyard_.clear();  // while the other loops are there
  loop_.stop();
}

void IoLoop::spool_state_changed(commit::SpoolState state) {
  if (state == commit::SpoolState::kFailed) {
    for_each([](Connection& connection) { connection.spool_failed(); });
  } else if (is_waiting(state)) {
    for_each([](Connection& connection) { connection.spool_waits(); });
  } else {
    resume_waiting();
  }
}

void IoLoop::set_config(ConfigPtr config) {
  config_ = std::move(config);
  checker_.set_depth_max(config_->limits.record_depth_max);
  for_each([](Connection& connection) { connection.timeouts_changed(); });
}

LoopSurvey IoLoop::survey(std::size_t busiest_max, std::int64_t rejects_since_us) const {
  LoopSurvey survey;
  std::vector<const Connection*> crawlers;
  for (const auto& [id, connection] : connections_)
    if (connection->is_crawler()) crawlers.push_back(connection.get());
  survey.connections = crawlers.size();
  for (const Connection* connection : crawlers)
    survey.clients[{connection->names().client, std::string(base::address_of(connection->peer()))}].add(
        connection->client_facts());
  const auto end = crawlers.begin() + static_cast<std::ptrdiff_t>(std::min(busiest_max, crawlers.size()));
  std::nth_element(crawlers.begin(), end, crawlers.end(),
                   [](const auto* a, const auto* b) { return a->records() > b->records(); });
  std::for_each(crawlers.begin(), end, [&](const auto* connection) { survey.busiest.push_back(connection->facts()); });
  survey.rejects = rejects_.since(rejects_since_us);
  return survey;
}

void IoLoop::completed(std::unique_ptr<commit::AppendBatch> batch) {
  // std::function wants something that can be copied.
  mailbox_.post([this, batch = std::make_shared<std::unique_ptr<commit::AppendBatch>>(std::move(batch))] {
    settle(std::move(*batch));
  });
}

void IoLoop::written(std::vector<commit::ConnectionMark> marks) {
  mailbox_.post([this, marks = std::move(marks)] {
    for (const commit::ConnectionMark& mark : marks)
      if (Connection* connection = find(mark.connection)) connection->written(mark.seq);
  });
}

void IoLoop::give_up_session(base::ConnectionId connection) {
  if (Connection* const holder = find(connection)) holder->give_up_session();
}

// A session that was granted to one who has left meanwhile is nobody's.
void IoLoop::bring_answer(const session::SessionQuestion& question) {
  Connection* const connection = find(question.connection);
  const bool taken = connection != nullptr && connection->session_answered(question);
  if (!taken && question.answer.verdict == session::SessionAnswer::Verdict::kGranted)
    appender_.end_session(question.session);
}

void IoLoop::settle(std::unique_ptr<commit::AppendBatch> batch) {
  for (const commit::ConnectionMark& mark : batch->connections) {
    Connection* connection = find(mark.connection);
    if (connection == nullptr) continue;  // the peer has left; its records stay
    if (batch->stored)
      connection->settled(mark.seq);
    else
      connection->spool_failed();
  }
  if (batch->stored)
    for (const session::SessionQuestion& question : batch->questions) bring_answer(question);
  const std::vector<std::function<void()>> afterwards = std::move(batch->afterwards);
  appender_.give_back(std::move(batch));
  for (const auto& callback : afterwards) callback();
  appender_.turn_end();  // the next one has filled meanwhile
  if (shared_.memory.is_under_half()) resume_waiting();
}

void IoLoop::resume_waiting() {
  if (waiting_.empty()) return;
  const std::vector<base::ConnectionId> ids = std::exchange(waiting_, {});
  // Begun frames go on as soon as there is any room, the others once there is plenty, or no more to be hoped for.
  const bool is_plenty = shared_.memory.is_under_half() || (shared_.memory.may_begin() && !is_anything_under_way());
  for (const base::ConnectionId id : ids) {
    Connection* connection = find(id);
    if (connection == nullptr) continue;
    if (is_plenty || connection->holds_little() || connection->unfinished() || connection->holds_whole_batch())
      connection->resume();
    else
      waiting_.push_back(id);
  }
}

// What is served at once is little: it is bounded by what is light, and in all by kAtOnceCostMax.
void IoLoop::serve_or_queue(Connection& connection, FairShare::Member& member) {
  if (cost_at_once_ >= kAtOnceCostMax || !fair_share_.is_light(member)) return fair_share_.add(member);
  const std::uint64_t cost = connection.take_turn(kSharedTurnCostMax);
  cost_at_once_ += cost;
}

// Those that wait, in the order of their shares, for so long that nobody who is light has to wait longer.
void IoLoop::serve_waiting() {
  cost_at_once_ = 0;
  if (!fair_share_.is_anyone_waiting()) return;
  const std::int64_t until_us = shared_.clock.monotonic_us() + kRoundUs;
  while (const auto id = fair_share_.next()) {
    if (Connection* const connection = find(*id))
      connection->take_turn(fair_share_.is_shared() ? kSharedTurnCostMax : intake::TurnBudget::kTurnCostMax);
    if (shared_.clock.monotonic_us() >= until_us) break;
  }
  shared_.turns.deferred.fetch_add(fair_share_.end_round(), std::memory_order_relaxed);
}

void IoLoop::tick() {
  deadlines_.advance(now_ms(), [this](base::ConnectionId id) {
    if (Connection* connection = find(id)) connection->check_deadlines();
  });
  fair_share_.tick();
  memory_shares_.tick();
  if (!shared_.memory.may_begin() || memory_shares_.is_anyone_in_the_way()) drop_unread_answers();
  if (!waiting_.empty()) relieve_memory();
}

// Frames under way must always be able to end, so that those behind them can begin: where nothing is on its way to the
// disk that would make room, the unfinished frame with the lowest rate is shed.
void IoLoop::relieve_memory() {
  while (!shared_.memory.may_continue() && may_go_beyond()) {
    if (let_a_whole_batch_go_on() || shared_.memory.is_decompressing() || may_be_trimmed_soon()) return;
    Connection* const slowest = slowest_unfinished();
    if (slowest == nullptr) return;
    slowest->shed();
  }
  if (!shared_.memory.may_continue()) return;
  trim_awaited_since_ms_.reset();
  resume_waiting();
}

// What is used beyond the accounts is free memory that is about to be given back: no frame is given up for it, unless
// it stays.
bool IoLoop::may_be_trimmed_soon() {
  if (shared_.memory.accounted() >= shared_.memory.limit()) return false;
  if (!trim_awaited_since_ms_) trim_awaited_since_ms_ = now_ms();
  return now_ms() - *trim_awaited_since_ms_ < kTrimMs;
}

bool IoLoop::is_anything_under_way() const {
  return appender_.has_unsynced() || shared_.memory.batches_under_way() > 0;
}

bool IoLoop::may_go_on_with_batch(base::ConnectionId id, bool is_decompressed) const {
  if (appender_.is_full()) return false;
  if (!is_decompressed) return shared_.memory.may_decompress(id);
  return shared_.memory.may_continue() || may_go_beyond();
}

bool IoLoop::may_go_beyond() const {
  return !is_anything_under_way() && output_bytes_ <= answers_share(shared_.memory);
}

// Where answers that nobody reads keep others from beginning, those go that are taken slowest: of a machine whose share
// is used up so many that its others go on, of all so many that what stays leaves most of the memory.
void IoLoop::drop_unread_answers() {
  struct Unread {
    double rate;
    std::size_t bytes;
    base::ConnectionId id;
    bool in_the_way;
  };
  std::vector<Unread> unread;
  std::size_t bytes = 0;
  for (const auto& [id, connection] : connections_) {
    const auto answers = connection->unread_answers();
    if (!answers) continue;
    unread.push_back({answers->rate, answers->held_bytes, id, answers->in_the_way});
    bytes += answers->held_bytes;
  }
  std::sort(unread.begin(), unread.end(), [](const Unread& a, const Unread& b) { return a.rate < b.rate; });
  for (const Unread& one : unread) {
    const bool is_enough = shared_.memory.may_begin() || bytes <= answers_share(shared_.memory) / 2;
    if (is_enough && !one.in_the_way) continue;
    bytes -= one.bytes;
    if (Connection* const connection = find(one.id)) connection->drop_unread_answers();
  }
}

void IoLoop::batch_done(base::ConnectionId id) {
  if (!shared_.memory.done_decompressing(id)) return;
  look_at_waiting_ = true;
  for (IoLoop* const other : shared_.loops)
    if (other != this) other->mailbox_.post([other] { other->look_at_waiting_ = true; });
}

// What is whole makes room by going to the disk, even if it takes a little more first. Always the same one until it is
// all in: a piece of each in turn would let all their answers grow.
bool IoLoop::let_a_whole_batch_go_on() {
  std::vector<base::ConnectionId> whole;
  std::copy_if(waiting_.begin(), waiting_.end(), std::back_inserter(whole), [this](base::ConnectionId id) {
    const Connection* const connection = find(id);
    return connection != nullptr && connection->holds_whole_batch();
  });
  std::sort(whole.begin(), whole.end());
  const auto oldest = std::find_if(whole.begin(), whole.end(),
                                   [this](base::ConnectionId id) { return find(id)->may_go_on_with_batch(); });
  if (oldest == whole.end()) return false;
  const base::ConnectionId id = *oldest;
  std::erase(waiting_, id);
  find(id)->resume_next_turn();
  return true;
}

// To give up one that holds next to nothing brings nothing, unless there are a great many of them.
Connection* IoLoop::slowest_unfinished() {
  struct Slowest {
    Connection* connection = nullptr;
    double bytes_per_ms = std::numeric_limits<double>::infinity();
    void look_at(Connection& other, const Connection::Unfinished& unfinished) {
      if (connection == nullptr || unfinished.bytes_per_ms < bytes_per_ms) *this = {&other, unfinished.bytes_per_ms};
    }
  };
  Slowest of_all;
  Slowest of_large;
  std::size_t bytes = 0;
  for (const auto& [id, connection] : connections_) {
    const auto unfinished = connection->unfinished();
    if (!unfinished) continue;
    bytes += unfinished->held_bytes;
    of_all.look_at(*connection, *unfinished);
    if (unfinished->held_bytes >= kWorthBytes) of_large.look_at(*connection, *unfinished);
  }
  if (of_large.connection != nullptr) return of_large.connection;
  return bytes >= answers_share(shared_.memory) ? of_all.connection : nullptr;
}

void IoLoop::turn_end() {
  appender_.turn_end();  // what was served at once does not wait for the others' turns
  serve_waiting();
  appender_.turn_end();
  const bool look_at_waiting = std::exchange(look_at_waiting_, false);
  if (!waiting_.empty() && (look_at_waiting || !shared_.memory.may_continue())) relieve_memory();
  graveyard_.clear();
  if (holding_up_drain_ == 0 && on_empty_ && !appender_.has_unsynced()) std::exchange(on_empty_, nullptr)();
  if (fair_share_.is_anyone_waiting()) mailbox_.post([] {});  // the loop looks for what is ready, and does not sleep
}

}  // namespace crawlspool::connection
