// What every connection has, whatever it speaks: a link to its peer, a place under the limits, its share of the loop's
// time and memory, deadlines. Owns its protocol. Lives on one loop's thread.
//
// Turns: whatever calls into a connection does so within a turn. At the end of the outermost one, when nothing of the
// connection is on the stack any more, what was only noted is done: it goes on after a pause (reader.h), what it holds
// is charged, and the next deadline is armed.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "config/model.h"
#include "daemon/connection/admission.h"
#include "daemon/connection/credit_gate.h"
#include "daemon/connection/fair_share.h"
#include "daemon/connection/link.h"
#include "daemon/connection/memory_use.h"
#include "daemon/connection/protocol.h"
#include "daemon/connection/reader.h"
#include "daemon/connection/source.h"
#include "daemon/intake/record_writer.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/net/byte_stream.h"

namespace crawlspool::connection {

class IoLoop;

class Connection final : public Source, private net::PollHandler {
 public:
  static constexpr std::int64_t kNever = Protocol::kNever;

  Connection(IoLoop& io, base::ConnectionId id, proto::Input input, base::Peer peer, Admission::Ticket ticket);

  // What it speaks: called once, before start().
  void speak(std::unique_ptr<Protocol> protocol);
  void start(std::unique_ptr<net::ByteStream> stream);

  // --- the loop's calls, as Source has them ---
  void on_synced(std::uint64_t count) override;
  void on_written(std::uint64_t count) override;
  bool on_session(const session::LeaseRequest& answered) override;
  void on_session_lost() override;
  void on_spool_state(commit::SpoolState state) override;
  void on_drain() override;
  void on_drain_end() override;
  void arm_deadline() override;
  std::uint64_t take_turn(std::uint64_t cost_max) override;
  void resume() override;
  // Asked for once at a time: more would be more than its share of the loop's turns.
  void resume_next_turn() override;
  void check_deadlines() override;
  [[nodiscard]] HeldMemory held_memory() const override;
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

  // --- the tools of its protocol and of its own parts ---
  [[nodiscard]] IoLoop& io() const { return io_; }
  [[nodiscard]] Protocol& protocol() { return *protocol_; }
  // What it may send: as when it was opened, since the welcome has promised that.
  [[nodiscard]] const config::Limits& limits() const { return opened_with_->limits; }
  [[nodiscard]] Admission::Ticket& ticket() { return ticket_; }
  // Everything that costs time in a turn is counted here.
  [[nodiscard]] intake::TurnBudget& budget() { return budget_; }
  [[nodiscard]] CreditGate& credit() { return credit_; }
  [[nodiscard]] MemoryUse& memory() { return memory_; }
  [[nodiscard]] Reader& reader() { return reader_; }
  [[nodiscard]] Link& link() { return link_; }
  // Makes what takes the records of this connection in, for as long as it is there. Its protocol owns it.
  [[nodiscard]] intake::RecordWriter make_writer();
  // Charges what is held now; the end of a turn does it anyway.
  void account_memory();

  // Sends output. `has_replies`: it holds more than an ack, so that timeouts.write counts.
  void send(bool has_replies);
  // Output holds the last words: they are sent, the sending side is shut, and what still comes is discarded.
  void finish(std::string_view reason);
  void close_now(std::string_view reason);

 private:
  void on_ready(net::Ready of_descriptor) override;
  void on_broken();
  void end_turn();
  bool flush_output();

  IoLoop& io_;
  const std::shared_ptr<const config::Config> opened_with_;
  Admission::Ticket ticket_;
  FairShare::Member share_;
  MemoryUse memory_;
  intake::TurnBudget budget_;  // of the turn under way
  CreditGate credit_;
  Link link_;
  Reader reader_{*this};
  bool is_in_turn_ = false;
  std::int64_t armed_ms_ = kNever;
  std::int64_t old_at_ms_ = kNever;
  std::unique_ptr<Protocol> protocol_;  // the last: it may use all of the above as it goes
};

}  // namespace crawlspool::connection
