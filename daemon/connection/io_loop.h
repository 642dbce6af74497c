// One I/O thread: its event loop, the connections that live on it, and what they share: the read buffer, the checker,
// the appender, the deadlines. Everything here is used on the loop's thread, but for mailbox() and completed().
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "config/model.h"
#include "daemon/base/clock.h"
#include "daemon/commit/appender.h"
#include "daemon/commit/committer.h"
#include "daemon/commit/memory_budget.h"
#include "daemon/commit/stream_labels.h"
#include "daemon/connection/admission.h"
#include "daemon/connection/amplification.h"
#include "daemon/connection/close_counts.h"
#include "daemon/connection/connection.h"
#include "daemon/connection/connection_log.h"
#include "daemon/connection/fair_share.h"
#include "daemon/connection/loop_survey.h"
#include "daemon/connection/memory_shares.h"
#include "daemon/connection/read_buffer.h"
#include "daemon/connection/running_time.h"
#include "daemon/intake/reject_recorder.h"
#include "daemon/json/record_checker.h"
#include "daemon/net/deadlines.h"
#include "daemon/net/loop.h"
#include "daemon/net/mailbox.h"
#include "daemon/net/timer.h"
#include "daemon/net/turn_end.h"
#include "daemon/session/claims.h"
#include "daemon/session/host.h"

namespace crawlspool::connection {

using ConfigPtr = std::shared_ptr<const config::Config>;  // never changed: a reload brings another one

class IoLoop;

// What all loops share; it outlives them.
struct Shared {
  const base::Clock& clock;
  commit::Committer& committer;
  commit::MemoryBudget& memory;
  Admission& admission;
  session::SessionExchange& sessions;
  commit::StreamLabels& streams;
  CloseCounts& closes;
  ConnectionLog& connection_log;
  TurnCounts& turns;
  AmplificationLedger& amplification;
  std::vector<IoLoop*>& loops;  // all are there before the first of them runs
};

class IoLoop final : private commit::CompletionSink, private session::SessionHost {
 public:
  IoLoop(const Shared& shared, ConfigPtr config);
  ~IoLoop();

  // --- for the server ---
  void run() { loop_.run(); }
  [[nodiscard]] net::Loop& loop() { return loop_; }
  [[nodiscard]] net::Mailbox& mailbox() { return mailbox_; }  // thread-safe
  // Takes the connection over and starts it on `fd`.
  void adopt(std::unique_ptr<Connection> connection, base::UniqueFd fd);
  [[nodiscard]] std::size_t connections() const { return connection_count_.load(std::memory_order_relaxed); }  // too
  // Ends every connection in order; `on_empty` is called once none is left that holds the drain up
  // and all that was taken in is settled.
  void drain(std::function<void()> on_empty);
  // The end of the drain, as Connection::cut() has it; again for those that were still to take something in.
  void cut();
  void spool_state_changed(commit::SpoolState state);
  // Timeouts count for every connection at once, the limits of what one may send for those that open from now on.
  void set_config(ConfigPtr config);
  // Its crawlers' connections, of which the busiest one by one, and the rejects since then (wall clock).
  [[nodiscard]] LoopSurvey survey(std::size_t busiest_max, std::int64_t rejects_since_us) const;
  // Drops what is left and stops the loop.
  void stop();

  // --- for connections ---
  [[nodiscard]] const Shared& shared() const { return shared_; }
  [[nodiscard]] const ConfigPtr& config() const { return config_; }  // in force
  [[nodiscard]] ReadBuffer& read_buffer() { return read_buffer_; }
  [[nodiscard]] json::RecordChecker& checker() { return checker_; }
  [[nodiscard]] commit::Appender& appender() { return appender_; }
  [[nodiscard]] session::SessionClaims& session_claims() override { return session_claims_; }
  [[nodiscard]] intake::RejectRecorder& rejects() { return rejects_; }
  [[nodiscard]] Connection* find(base::ConnectionId id);
  // Whether a connection may go on with a batch that came whole, with the budget used up or not: something has to move.
  [[nodiscard]] bool may_go_on_with_batch(base::ConnectionId id, bool is_decompressed) const;
  // Answers that are not sent hold so many bytes more, or fewer, modulo 2^64.
  void count_output(std::uint64_t more_bytes) { output_bytes_ += more_bytes; }
  [[nodiscard]] MemoryShares& memory_shares() { return memory_shares_; }
  // One of those that wait may be able to go on: looked at when this turn of the loop ends.
  void look_at_waiting() { look_at_waiting_ = true; }
  // It is all taken in, or dropped.
  void batch_done(base::ConnectionId id);
  [[nodiscard]] std::int64_t now_ms() { return time_.now_ms(); }  // as RunningTime has it
  [[nodiscard]] commit::ReadTime read_time() const;
  // Calls check_deadlines() at `due_ms`, or earlier where that is beyond the ring's span; returns when.
  [[nodiscard]] std::int64_t arm(base::ConnectionId id, std::int64_t due_ms);
  // The connection is told to go on when there is memory, or room on the disk, again.
  void wait_for_resources(base::ConnectionId id) { waiting_.push_back(id); }
  [[nodiscard]] FairShare& fair_share() { return fair_share_; }
  // The connection has input: it takes its turn now, or with those that wait.
  void serve_or_queue(Connection& connection, FairShare::Member& member);
  // Closed: out of the table now, destroyed once the stack has unwound.
  void retire(base::ConnectionId id);

 private:
  void completed(std::unique_ptr<commit::AppendBatch> batch) override;  // on the committer's thread
  void written(std::vector<commit::ConnectionMark> marks) override;     // on the committer's thread
  void post(std::function<void()> task) override { mailbox_.post(std::move(task)); }
  void ask(session::SessionQuestion question) override { appender_.ask(std::move(question)); }
  void after_all(std::function<void()> callback) override { appender_.after_all(std::move(callback)); }
  void end_session(spool::SessionKey session) override { appender_.end_session(session); }
  void give_up_session(base::ConnectionId connection) override;
  void bring_answer(const session::SessionQuestion& question) override;
  void settle(std::unique_ptr<commit::AppendBatch> batch);
  void tick();
  void turn_end();
  void serve_waiting();
  void resume_waiting();
  void relieve_memory();
  [[nodiscard]] bool may_be_trimmed_soon();
  // Something is on its way to the disk that will give memory back by itself.
  [[nodiscard]] bool is_anything_under_way() const;
  // Nothing else makes room, and what has come whole may go on beyond the limit.
  [[nodiscard]] bool may_go_beyond() const;
  void drop_unread_answers();
  [[nodiscard]] bool let_a_whole_batch_go_on();
  [[nodiscard]] Connection* slowest_unfinished();
  void for_each(const std::function<void(Connection&)>& action);

  const Shared& shared_;
  ConfigPtr config_;
  net::Loop loop_;  // outlives every handle below
  net::Mailbox mailbox_;
  json::RecordChecker checker_;
  commit::Appender appender_;
  intake::RejectRecorder rejects_;
  session::SessionClaims session_claims_;
  FairShare fair_share_;        // outlives the connections
  MemoryShares memory_shares_;  // too
  ReadBuffer read_buffer_;
  RunningTime time_;
  net::Deadlines deadlines_;
  std::uint64_t output_bytes_ = 0;  // of all answers that are not sent; outlives the connections
  std::unordered_map<base::ConnectionId, std::unique_ptr<Connection>> connections_;
  std::vector<std::unique_ptr<Connection>> graveyard_;
  std::vector<base::ConnectionId> waiting_;
  std::optional<std::int64_t> trim_awaited_since_ms_;
  std::uint64_t cost_at_once_ = 0;                // of turns taken before those that wait, in this turn of the loop
  bool look_at_waiting_ = false;                  // at the turn's end: one of them may be able to go on
  std::atomic<std::size_t> connection_count_{0};  // of connections_, for other threads to compare
  std::size_t holding_up_drain_ = 0;
  bool is_draining_ = false;
  std::function<void()> on_empty_;
  net::Timer tick_timer_;
  net::TurnEnd turn_end_;
};

}  // namespace crawlspool::connection
