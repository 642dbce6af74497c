// What every connection has, whatever it speaks: a link to its peer, a place under the limits, kept input, the memory
// that it holds, pauses and deadlines. Owns its protocol. Lives on one loop's thread.
//
// While the server does not read a connection, none of its reading deadlines runs.
//
// Turns: whatever calls into a connection does so within a turn. Inside one, resume() only notes that the connection
// is to go on; the end of the outermost turn does that, when nothing of the connection is on the stack any more. A turn
// takes input in once at most, what it reads or what was kept of it; the rest goes on in the loop's next turn. So no
// callback can re-enter the reading of a connection, however it comes about, and no pipeline is as deep as it is long.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "config/model.h"
#include "daemon/connection/admission.h"
#include "daemon/connection/credit_gate.h"
#include "daemon/connection/fair_share.h"
#include "daemon/connection/link.h"
#include "daemon/connection/memory_shares.h"
#include "daemon/connection/protocol.h"
#include "daemon/connection/source.h"
#include "daemon/intake/batch_intake.h"
#include "daemon/intake/record_writer.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/net/byte_stream.h"

namespace crawlspool::connection {

class IoLoop;

class Connection final : public Source, private net::PollHandler {
 public:
  static constexpr std::int64_t kNever = Protocol::kNever;
  static constexpr std::size_t kUnsentBytesMax = 64 * 1024;  // of answers, before no more records are taken in

  Connection(IoLoop& io, base::ConnectionId id, proto::Input input, base::Peer peer, Admission::Ticket ticket);
  ~Connection() override;

  // What it speaks: called once, before start().
  void speak(std::unique_ptr<Protocol> protocol) { protocol_ = std::move(protocol); }
  void start(std::unique_ptr<net::ByteStream> stream);

  // --- the loop's calls, as Source has them ---
  void on_synced(std::uint64_t count) override;
  void on_written(std::uint64_t count) override;
  bool on_session(const session::LeaseRequest& answered) override;
  void on_session_lost() override;
  void on_spool_state(commit::SpoolState state) override;
  void on_drain() override;
  void on_drain_end() override;
  void on_timeouts_changed() override { rearm(); }
  std::uint64_t take_turn(std::uint64_t cost_max) override;
  void resume() override;
  void resume_next_turn() override;
  void check_deadlines() override;
  [[nodiscard]] std::optional<Unfinished> unfinished() const override;
  [[nodiscard]] std::optional<UnreadAnswers> unread_answers() const override;
  [[nodiscard]] bool holds_little() const override { return memory_share_.holds_little(); }
  [[nodiscard]] bool holds_whole_batch() const override { return protocol_->holds_whole_batch(); }
  [[nodiscard]] bool may_go_on_with_batch() override { return protocol_->may_go_on_with_batch(); }
  void shed(Shed what) override;
  [[nodiscard]] bool is_crawler() const override { return !ticket_.refused() && brings_records(input()); }
  [[nodiscard]] const intake::RecordWriter* writer() const override { return protocol_->writer(); }
  [[nodiscard]] SourceFacts facts() const override;
  [[nodiscard]] ClientFacts client_facts() const override;

  // While one lives the connection is in a turn. What comes from elsewhere than the loop opens its own.
  class Turn {
   public:
    explicit Turn(Connection& connection) : connection_(connection), is_outermost_(!connection.is_in_turn_) {
      connection.is_in_turn_ = true;
    }
    ~Turn() {
      if (is_outermost_) connection_.end_turn();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    Connection& connection_;
    const bool is_outermost_;
  };

  // --- its protocol's tools ---
  [[nodiscard]] IoLoop& io() const { return io_; }
  // What it may send: as when it was opened, since the welcome has promised that.
  [[nodiscard]] const config::Limits& limits() const { return opened_with_->limits; }
  [[nodiscard]] Admission::Ticket& ticket() { return ticket_; }
  // Makes what takes the records of this connection in, for as long as it is there. Its protocol owns it.
  [[nodiscard]] intake::RecordWriter make_writer();
  // Everything that costs time is counted here.
  [[nodiscard]] intake::TurnBudget& budget() { return budget_; }
  [[nodiscard]] CreditGate& credit() { return credit_; }
  // Asks credit() before `batch` is decompressed, which becomes lines from this origin. False once some of it is.
  [[nodiscard]] bool must_wait_before_making(const intake::BatchIntake& batch, const spool::Origin& origin);
  // What it holds, and may hold, of the memory for all.
  [[nodiscard]] MemoryShares::Member& memory_share() { return memory_share_; }
  // Charges what is held now; the end of a turn does it anyway.
  void account_memory();
  // More of a batch or body that came whole may be taken in, as things are.
  [[nodiscard]] bool may_take_in(const intake::BatchIntake& batch);
  // What it has of a frame, line, batch or body is all taken in, or dropped: gives the machine's place up, so that
  // others may go on.
  void batch_done();

  // How much may be read where records are awaited, or why nothing for now. `begun_needs`: so many bytes are missing to
  // the end of what has begun; 0 if nothing has. May take the machine's place, which batch_done() gives up.
  [[nodiscard]] ReadPlan plan_records(std::size_t begun_needs);
  // Input that is not taken in yet, or a batch.
  [[nodiscard]] bool has_rest() const { return !kept_input_.empty() || protocol_->holds_whole_batch(); }
  void drop_kept_input();
  void pause(Pause why);  // or, if paused already, for another reason now
  [[nodiscard]] const std::optional<Pause>& paused() const { return paused_; }
  // When input that has begun then and has so many bytes is too slow: timeouts.frame, and a second for each 64 KiB.
  [[nodiscard]] std::int64_t pace_deadline_ms(std::int64_t begun_ms, std::uint64_t bytes) const;

  [[nodiscard]] Link& link() { return link_; }
  [[nodiscard]] const Link& link() const { return link_; }
  // Sends output. `has_replies`: it holds more than an ack, so that timeouts.write counts.
  void send(bool has_replies);
  // Output holds the last words: they are sent, the sending side is shut, and what still comes is discarded.
  void finish(std::string_view reason);
  void close_now(std::string_view reason);

  struct Times {
    std::int64_t opened_ms;
    std::int64_t last_activity_ms;
    std::int64_t last_input_ms;
  };
  [[nodiscard]] const Times& times() const { return times_; }

 private:
  void on_ready(net::Ready ready) override;
  void end_turn();
  void go_on();
  void on_broken();
  void read_rest();
  void read_some();
  void read_into(std::span<char> buffer, const ReadPlan& plan);
  void discard_some();
  void keep_input(std::string_view rest);
  void take_kept_input();
  bool flush_output();
  void account_output();
  void rearm();
  [[nodiscard]] std::int64_t next_deadline_ms() const;

  IoLoop& io_;
  const std::shared_ptr<const config::Config> opened_with_;
  Admission::Ticket ticket_;
  FairShare::Member share_;
  MemoryShares::Member memory_share_;
  intake::TurnBudget budget_;  // of the turn under way
  CreditGate credit_;
  Link link_;
  std::string kept_input_;  // read and not yet taken in; its capacity holds padding, too
  std::uint64_t charged_bytes_ = 0;
  std::uint64_t charged_output_bytes_ = 0;
  bool is_in_turn_ = false;
  bool goes_on_ = false;              // noted in this turn, for its end
  bool has_taken_input_ = false;      // in this turn
  bool may_take_kept_input_ = false;  // in a turn that is its share of the loop's time
  std::optional<Pause> paused_;
  std::int64_t paused_since_ms_ = 0;
  std::int64_t long_pause_due_ms_ = kNever;
  std::int64_t armed_ms_ = kNever;
  Times times_;
  std::unique_ptr<Protocol> protocol_;  // the last: it may use all of the above as it goes
};

}  // namespace crawlspool::connection
