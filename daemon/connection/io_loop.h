// One I/O thread: its event loop, and what the sources on it share: the read buffer, the checker, the appender, the
// deadlines, the turns. Everything here is used on the loop's thread, but for mailbox(), sources().count() and what the
// committer calls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "config/model.h"
#include "daemon/auth/authenticator.h"
#include "daemon/base/clock.h"
#include "daemon/commit/appender.h"
#include "daemon/commit/committer.h"
#include "daemon/commit/memory_budget.h"
#include "daemon/commit/stream_labels.h"
#include "daemon/connection/admission.h"
#include "daemon/connection/amplification.h"
#include "daemon/connection/close_counts.h"
#include "daemon/connection/connection_log.h"
#include "daemon/connection/fair_share.h"
#include "daemon/connection/loop_survey.h"
#include "daemon/connection/memory_relief.h"
#include "daemon/connection/memory_shares.h"
#include "daemon/connection/read_buffer.h"
#include "daemon/connection/running_time.h"
#include "daemon/connection/session_delivery.h"
#include "daemon/connection/source_table.h"
#include "daemon/intake/reject_recorder.h"
#include "daemon/intake/transcoder.h"
#include "daemon/json/record_checker.h"
#include "daemon/net/byte_stream.h"
#include "daemon/net/loop.h"
#include "daemon/net/mailbox.h"
#include "daemon/net/timer.h"
#include "daemon/net/timer_wheel.h"
#include "daemon/net/turn_end.h"

namespace crawlspool::connection {

using ConfigPtr = std::shared_ptr<const config::Config>;  // never changed: a reload brings another one

class Connection;
class IoLoop;

// What all loops share; it outlives them.
struct Shared {
  const base::Clock& clock;
  commit::Committer& committer;
  commit::MemoryBudget& memory;
  Admission& admission;
  session::LeaseExchange& sessions;
  commit::StreamLabels& streams;
  CloseCounts& closes;
  ConnectionLog& connection_log;
  TurnCounts& turns;
  AmplificationLedger& amplification;
  std::vector<IoLoop*>& loops;  // all are there before the first of them runs
  intake::Charsets& charsets;
  auth::Authenticator& authenticator;
};

class IoLoop final : private commit::CompletionSink {
 public:
  IoLoop(const Shared& shared, ConfigPtr config);
  ~IoLoop();

  // --- for the server ---
  void run() { loop_.run(); }
  [[nodiscard]] net::Loop& loop() { return loop_; }
  [[nodiscard]] net::Mailbox& mailbox() { return mailbox_; }
  [[nodiscard]] SourceTable& sources() { return sources_; }
  // Takes the connection over and starts it on `stream`.
  void adopt(std::unique_ptr<Connection> connection, std::unique_ptr<net::ByteStream> stream);
  // Takes over a source that has been started.
  void add(std::unique_ptr<Source> source);
  // Ends every source in order; calls `on_empty` once none is left that holds the drain up and all that was taken in is
  // on the disk.
  void drain(std::function<void()> on_empty);
  void spool_state_changed(commit::SpoolState state);
  // Timeouts count for every source at once, the limits of what one may send for those that open from now on.
  void set_config(ConfigPtr config);
  // Its crawlers, of which the busiest one by one, and the rejects since then (wall clock).
  [[nodiscard]] LoopSurvey survey(std::size_t busiest_max, std::int64_t rejects_since_us) const;
  // Drops what is left and stops the loop.
  void stop();

  // --- for sources ---
  [[nodiscard]] const Shared& shared() const { return shared_; }
  [[nodiscard]] const ConfigPtr& config() const { return config_; }  // in force
  [[nodiscard]] ReadBuffer& read_buffer() { return read_buffer_; }
  [[nodiscard]] json::RecordChecker& checker() { return checker_; }
  [[nodiscard]] commit::Appender& appender() { return appender_; }
  [[nodiscard]] session::LeaseTable& leases() { return sessions_.leases(); }
  [[nodiscard]] intake::RejectRecorder& rejects() { return rejects_; }
  [[nodiscard]] intake::Transcoder& transcoder() { return transcoder_; }
  [[nodiscard]] FairShare& fair_share() { return fair_share_; }
  [[nodiscard]] MemoryShares& memory_shares() { return memory_shares_; }
  [[nodiscard]] MemoryRelief& memory_relief() { return memory_relief_; }
  [[nodiscard]] std::int64_t now_ms() { return time_.now_ms(); }  // as RunningTime has it
  [[nodiscard]] commit::ReadTime read_time() const;
  // Calls check_deadlines() at `due_ms`, or earlier where that is beyond the timer wheel's span; returns when.
  [[nodiscard]] std::int64_t arm(base::ConnectionId id, std::int64_t due_ms);
  // The source has input: it takes its turn now, or with those that wait.
  void serve_or_queue(Source& source, FairShare::Member& member);

 private:
  void completed(std::unique_ptr<commit::AppendBatch> batch) override;  // on the committer's thread
  void written(std::vector<commit::ConnectionMark> marks) override;     // on the committer's thread
  void deliver(std::unique_ptr<commit::AppendBatch> batch);
  void tick();
  void turn_end();
  void serve_waiting();
  void commit_if_due();

  const Shared& shared_;
  ConfigPtr config_;
  net::Loop loop_;  // outlives every handle below
  net::Mailbox mailbox_;
  json::RecordChecker checker_;
  commit::Appender appender_;
  intake::RejectRecorder rejects_;
  intake::Transcoder transcoder_;
  FairShare fair_share_;        // outlives the sources
  MemoryShares memory_shares_;  // too
  ReadBuffer read_buffer_;
  RunningTime time_;
  net::TimerWheel deadlines_;
  SourceTable sources_;
  MemoryRelief memory_relief_;
  SessionDelivery sessions_;
  std::uint64_t cost_at_once_ = 0;  // of turns taken before those that wait, in this turn of the loop
  bool is_urgent_ = false;          // something that is not submitted came from one who is light
  int rounds_held_ = 0;             // since the last commit
  bool is_draining_ = false;
  std::function<void()> on_empty_;
  net::Timer tick_timer_;
  net::TurnEnd turn_end_;
};

}  // namespace crawlspool::connection
