#include "daemon/connection/io_loop.h"

#include <algorithm>
#include <utility>

#include "daemon/connection/connection.h"
#include "proto/frame_decoder.h"

namespace crawlspool::connection {
namespace {

constexpr std::int64_t kTickMs = 100;
constexpr std::size_t kDeadlineBuckets = 512;
constexpr std::int64_t kSpanMs = kTickMs * (kDeadlineBuckets - 4);  // well within the timer wheel
constexpr std::size_t kReadBufferBytes = 256 * 1024;
// One source's turn while others wait: a quarter of what it may cost otherwise.
constexpr std::uint64_t kSharedTurnCostMax = intake::TurnBudget::kTurnCostMax / 4;
constexpr std::uint64_t kAtOnceCostMax = 2 * intake::TurnBudget::kTurnCostMax;
constexpr std::int64_t kRoundUs = 3000;
constexpr int kRoundsHeldMax = 4;  // for which a commit waits to be worth it

}  // namespace

IoLoop::IoLoop(const Shared& shared, ConfigPtr config)
    : shared_(shared),
      config_(std::move(config)),
      mailbox_(loop_),
      checker_(config_->limits.record_depth_max),
      appender_(shared.committer, *this, shared.memory),
      rejects_(appender_),
      transcoder_(shared.charsets, appender_.memory()),
      memory_shares_(shared.memory, appender_.memory()),
      read_buffer_(kReadBufferBytes, proto::FrameDecoder::kPaddingBytes),
      time_(shared.clock),
      deadlines_(kTickMs, kDeadlineBuckets, time_.now_ms()),
      memory_relief_(shared.memory, appender_, memory_shares_, sources_, time_, shared.loops),
      sessions_(mailbox_, appender_, sources_, shared.sessions),
      tick_timer_(loop_, [this] { tick(); }),
      turn_end_(loop_, [this] { turn_end(); }) {
  shared.loops.push_back(this);
  tick_timer_.start(kTickMs, kTickMs);
}

// The sources end first: they use the services as they go.
IoLoop::~IoLoop() { sources_.clear(); }

commit::ReadTime IoLoop::read_time() const {
  commit::ReadTime time{};
  time.wall_us = shared_.clock.wall_us();
  base::format_timestamp(time.wall_us, time.timestamp);
  time.monotonic_us = shared_.clock.monotonic_us();
  return time;
}

std::int64_t IoLoop::arm(base::ConnectionId id, std::int64_t due_ms) {
  const std::int64_t within_span_ms = std::min(due_ms, now_ms() + kSpanMs);
  deadlines_.arm(id, within_span_ms);
  return within_span_ms;
}

// ---- sources ----

void IoLoop::adopt(std::unique_ptr<Connection> connection, std::unique_ptr<net::ByteStream> stream) {
  Connection& adopted = *connection;
  sources_.add(std::move(connection));
  adopted.start(std::move(stream));
  if (is_draining_) adopted.on_drain();
}

void IoLoop::add(std::unique_ptr<Source> source) {
  Source& added = *source;
  sources_.add(std::move(source));
  if (is_draining_) added.on_drain();
}

void IoLoop::drain(std::function<void()> on_empty) {
  is_draining_ = true;
  on_empty_ = std::move(on_empty);
  sources_.for_each([](Source& source) { source.on_drain(); });
  mailbox_.post([] {});  // there may have been none: the turn that this brings sees it
}

void IoLoop::stop() {
  sources_.clear();  // while the other loops are there
  loop_.stop();
}

void IoLoop::spool_state_changed(commit::SpoolState state) {
  if (state == commit::SpoolState::kOk) return memory_relief_.resume_waiting();
  sources_.for_each([state](Source& source) { source.on_spool_state(state); });
}

void IoLoop::set_config(ConfigPtr config) {
  config_ = std::move(config);
  checker_.set_depth_max(config_->limits.record_depth_max);
  sources_.for_each([](Source& source) { source.arm_deadline(); });
}

LoopSurvey IoLoop::survey(std::size_t busiest_max, std::int64_t rejects_since_us) const {
  LoopSurvey survey = survey_of(sources_, busiest_max);
  survey.rejects = rejects_.since(rejects_since_us);
  return survey;
}

// ---- what comes back from the committer ----

void IoLoop::completed(std::unique_ptr<commit::AppendBatch> batch) {
  // std::function wants something that can be copied.
  mailbox_.post([this, batch = std::make_shared<std::unique_ptr<commit::AppendBatch>>(std::move(batch))] {
    deliver(std::move(*batch));
  });
}

void IoLoop::written(std::vector<commit::ConnectionMark> marks) {
  mailbox_.post([this, marks = std::move(marks)] {
    for (const commit::ConnectionMark& mark : marks)
      if (Source* const source = sources_.find(mark.connection)) source->on_written(mark.seq);
  });
}

void IoLoop::deliver(std::unique_ptr<commit::AppendBatch> batch) {
  for (const commit::ConnectionMark& mark : batch->connections) {
    Source* const source = sources_.find(mark.connection);
    if (source == nullptr) continue;  // the peer has left; its records stay
    if (batch->stored)
      source->on_synced(mark.seq);
    else
      source->on_spool_state(commit::SpoolState::kFailed);
  }
  if (batch->stored)
    for (const session::LeaseRequest& answered : batch->lease_requests) sessions_.deliver(answered);
  const std::vector<std::function<void()>> afterwards = std::move(batch->afterwards);
  appender_.give_back(std::move(batch));
  for (const auto& callback : afterwards) callback();
  commit_if_due();  // the next one has filled meanwhile
  if (shared_.memory.is_under_half()) memory_relief_.resume_waiting();
}

// ---- turns ----

// What is served at once is little: it is bounded by what is light, and in all by kAtOnceCostMax.
void IoLoop::serve_or_queue(Source& source, FairShare::Member& member) {
  if (cost_at_once_ >= kAtOnceCostMax || !fair_share_.is_light(member)) return fair_share_.add(member);
  cost_at_once_ += source.take_turn(kSharedTurnCostMax);
  is_urgent_ = true;
}

// Those that wait, in the order of their shares, for so long that nobody who is light has to wait longer.
void IoLoop::serve_waiting() {
  cost_at_once_ = 0;
  if (!fair_share_.is_anyone_waiting()) return;
  const std::int64_t until_us = shared_.clock.monotonic_us() + kRoundUs;
  while (const auto id = fair_share_.next()) {
    if (Source* const source = sources_.find(*id))
      source->take_turn(fair_share_.is_shared() ? kSharedTurnCostMax : intake::TurnBudget::kTurnCostMax);
    if (shared_.clock.monotonic_us() >= until_us) break;
  }
  shared_.turns.deferred.fetch_add(fair_share_.end_round(), std::memory_order_relaxed);
}

void IoLoop::tick() {
  deadlines_.advance(now_ms(), [this](base::ConnectionId id) {
    if (Source* const source = sources_.find(id)) source->check_deadlines();
  });
  fair_share_.tick();
  memory_shares_.tick();
  memory_relief_.tick();
}

// What those who wait for their shares are about to bring goes with what they have brought: many small commits cost the
// processor more than a few. What came from one who is light does not wait for them.
void IoLoop::commit_if_due() {
  const bool may_wait = !is_urgent_ && fair_share_.is_anyone_waiting() && rounds_held_ < kRoundsHeldMax;
  if (may_wait && !appender_.is_worth_a_commit()) return;
  rounds_held_ = 0;
  is_urgent_ = !appender_.turn_end();
}

void IoLoop::turn_end() {
  if (is_urgent_) commit_if_due();  // what was served at once does not wait for the others' turns
  serve_waiting();
  ++rounds_held_;
  commit_if_due();
  memory_relief_.turn_end();
  sources_.bury();
  if (!sources_.holds_up_drain() && on_empty_ && !appender_.has_unsynced()) std::exchange(on_empty_, nullptr)();
  if (fair_share_.is_anyone_waiting()) mailbox_.post([] {});  // the loop looks for what is ready, and does not sleep
}

}  // namespace crawlspool::connection
