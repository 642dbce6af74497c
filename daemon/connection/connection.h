// What every connection has, whatever it speaks: a socket, a place under the limits, pauses, deadlines and an orderly
// end. Owns its protocol. Lives on one loop's thread.
//
//   open ──► flushing ──► lingering ──► closed
//     │   last words are   sent and shut;   │
//     │   being sent       input discarded  │
//     └──────── broken, or out of time ─────┘
//
// While the server does not read a connection, none of its reading deadlines runs.
//
// Turns: whatever calls into a connection does so within a turn. Inside one, resume() only notes that the connection
// is to go on; the end of the outermost turn does that, when nothing of the connection is on the stack any more. A turn
// takes input in once at most, what it reads or what was kept of it; the rest goes on in the loop's next turn. So no
// callback can re-enter the reading of a connection, however it comes about, and no pipeline is as deep as it is long.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "config/model.h"
#include "daemon/base/unique_fd.h"
#include "daemon/commit/append_batch.h"
#include "daemon/commit/appender.h"
#include "daemon/connection/admission.h"
#include "daemon/connection/amplification.h"
#include "daemon/connection/fair_share.h"
#include "daemon/connection/loop_survey.h"
#include "daemon/connection/memory_shares.h"
#include "daemon/connection/protocol.h"
#include "daemon/intake/batch_intake.h"
#include "daemon/intake/record_writer.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/net/socket.h"

namespace crawlspool::connection {

class IoLoop;

class Connection final : private net::PollHandler {
 public:
  static constexpr std::int64_t kNever = Protocol::kNever;

  Connection(IoLoop& io, base::ConnectionId id, proto::Transport transport, std::string peer, Admission::Ticket ticket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] base::ConnectionId id() const { return id_; }
  [[nodiscard]] const std::string& peer() const { return peer_; }

  // --- called by the loop: each is a turn ---
  // What it speaks: once, before start().
  void speak(std::unique_ptr<Protocol> protocol) { protocol_ = std::move(protocol); }
  void start(base::UniqueFd fd);
  void resume();  // from any pause, if its reason is gone; at the turn's end
  void resume_next_turn();
  // Reads, or goes on with what is paused if the reason for that is gone: once, for as much as a turn may cost.
  // Returns what it has cost.
  std::uint64_t take_turn(std::uint64_t cost_max);
  void check_deadlines();
  void timeouts_changed() { rearm(); }
  // A drain is near its end: closes a connection that is ending and still here, and has others do so without regard to
  // whether the peer reads.
  void cut();
  void settled(std::uint64_t seq);  // every record up to `seq` is on the disk
  void written(std::uint64_t seq);  // the same, and not synced yet
  // False if it does not want the session any more.
  bool session_answered(const session::SessionQuestion& question);
  void give_up_session();  // another connection has claimed it
  void spool_failed();
  void drain();
  void spool_waits();
  void shed();  // gives what is unfinished up, for the others' sake
  // As Protocol has them.
  [[nodiscard]] bool holds_whole_batch() const { return protocol_->holds_whole_batch(); }
  [[nodiscard]] bool may_go_on_with_batch() { return protocol_->may_go_on_with_batch(); }
  // Not one that is only told why it may not be, nor a probe or scrape of the admin port.
  [[nodiscard]] bool is_crawler() const { return !ticket_.refused() && transport_ != proto::Transport::kAdmin; }
  // What its client last gave itself.
  [[nodiscard]] const spool::ClientNames& names() const;
  [[nodiscard]] std::uint64_t records() const { return writer() == nullptr ? 0 : writer()->records(); }
  [[nodiscard]] std::uint64_t rejects() const { return writer() == nullptr ? 0 : writer()->rejects(); }
  [[nodiscard]] bool is_closed() const { return phase_ == Phase::kClosed; }
  [[nodiscard]] ConnectionFacts facts() const;
  [[nodiscard]] ClientFacts client_facts() const;
  [[nodiscard]] bool holds_up_drain() const { return transport_ != proto::Transport::kAdmin; }
  // A frame or request of which some has come and not all: what it holds, and how fast it comes.
  struct Unfinished {
    std::size_t held_bytes;
    double bytes_per_ms;
  };
  [[nodiscard]] std::optional<Unfinished> unfinished() const;
  // Its machine holds so little that it need not wait for those that hold much.
  [[nodiscard]] bool holds_little() const { return memory_share_.holds_little(); }
  // Answers that the peer leaves unread: what they hold, and how fast it takes them, in bytes a millisecond.
  struct UnreadAnswers {
    std::size_t held_bytes;
    double rate;
    bool in_the_way;  // of others of its machine
  };
  // Nothing where there are none, or they have not waited for long.
  [[nodiscard]] std::optional<UnreadAnswers> unread_answers() const;
  void drop_unread_answers();

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
  // More was made of what was received than limits.amplification_max allows, and has not grown back.
  [[nodiscard]] bool waits_for_credit();
  // The same, asked before something is unpacked that becomes about so many bytes for the spool.
  [[nodiscard]] bool must_wait_before_making(std::uint64_t bytes);
  [[nodiscard]] std::int64_t credit_wait_ms() const;
  // What it holds, and may hold, of the memory for all.
  [[nodiscard]] MemoryShares::Member& memory_share() { return memory_share_; }
  [[nodiscard]] const MemoryShares::Member& memory_share() const { return memory_share_; }
  // More of a batch or body that came whole may be taken in, as things are.
  [[nodiscard]] bool may_take_in(const intake::BatchIntake& batch);
  // What it has of a batch or body is all taken in, or dropped: others may go on.
  void batch_done();
  // Everything that costs time is counted here.
  [[nodiscard]] intake::TurnBudget& budget() { return budget_; }
  [[nodiscard]] const intake::TurnBudget& budget() const { return budget_; }
  [[nodiscard]] IoLoop& io() const { return io_; }
  // What it may send: as when it was opened, since the welcome has promised that.
  [[nodiscard]] const config::Limits& limits() const { return opened_with_->limits; }
  [[nodiscard]] std::string& output() { return socket_->output(); }
  [[nodiscard]] std::size_t unsent_bytes() const { return socket_ ? socket_->unsent_bytes() : 0; }
  [[nodiscard]] std::size_t output_held_bytes() const { return socket_ ? socket_->held_bytes() : 0; }
  // Sends output. `has_replies`: it holds more than an ack, so that timeouts.write counts.
  void send(bool has_replies);
  void pause(Pause why);  // or, if paused already, for another reason now
  [[nodiscard]] const std::optional<Pause>& paused() const { return paused_; }
  void stop_reading() {
    if (socket_) socket_->want_input(false);
  }
  void read_on() {
    if (socket_) socket_->want_input(true);
  }
  // Output holds the last words: they are sent, the sending side is shut, and what still comes is discarded.
  void finish(std::string_view reason);
  void close_now(std::string_view reason);
  // Nothing more is sent, and what was to be sent is dropped; what the peer has sent is still taken in.
  void abandon_output();
  [[nodiscard]] bool is_open() const { return phase_ == Phase::kOpen; }
  void rearm();

  [[nodiscard]] Admission::Ticket& ticket() { return ticket_; }
  [[nodiscard]] proto::Transport transport() const { return transport_; }
  [[nodiscard]] std::int64_t opened_ms() const { return opened_ms_; }
  [[nodiscard]] std::int64_t last_activity_ms() const { return last_activity_ms_; }
  [[nodiscard]] std::int64_t last_input_ms() const { return last_input_ms_; }
  // What takes the records of this connection in, for as long as it is there. Its protocol owns it.
  [[nodiscard]] intake::RecordWriter make_writer();

 private:
  enum class Phase { kOpen, kFlushing, kLingering, kClosed };

  [[nodiscard]] const intake::RecordWriter* writer() const { return protocol_->writer(); }
  void on_ready(net::Ready ready) override;
  void end_turn();
  void go_on();
  void account_output();
  void on_broken();
  void read_rest();
  void settle_credit();
  void wait_for_credit(std::int64_t wait_ms);
  void read_some();
  void read_into(std::span<char> buffer, const ReadPlan& plan);
  void discard_some();
  bool flush_output();
  void begin_lingering();
  [[nodiscard]] bool write_is_stalled(std::int64_t now_ms) const;
  [[nodiscard]] std::int64_t next_deadline_ms() const;
  [[nodiscard]] bool waits_for_resources() const;
  [[nodiscard]] bool tells_long_pause() const {
    return waits_for_resources() || paused_ == Pause::kSession || paused_ == Pause::kAmplification;
  }
  [[nodiscard]] std::string_view state_word() const;

  IoLoop& io_;
  const std::shared_ptr<const config::Config> opened_with_;
  const base::ConnectionId id_;
  const proto::Transport transport_;
  const std::string peer_;
  Admission::Ticket ticket_;
  FairShare::Member share_;
  MemoryShares::Member memory_share_;
  intake::TurnBudget budget_;  // of the turn under way
  AmplificationCredit credit_;
  std::int64_t credit_until_ms_ = 0;  // nothing more is taken before; 0: nothing waits for that
  std::optional<net::Socket> socket_;
  Phase phase_ = Phase::kOpen;
  bool is_broken_ = false;  // reset by the peer, or given up: what it had sent before is still read, nothing is sent
  bool is_watched_ = true;  // by the loop; no longer once that has said that it is broken
  std::string close_reason_;
  bool is_in_turn_ = false;
  bool goes_on_ = false;              // noted in this turn, for its end
  bool has_taken_input_ = false;      // in this turn
  bool may_take_kept_input_ = false;  // in a turn that is its share of the loop's time
  std::optional<Pause> paused_;
  std::int64_t paused_since_ms_ = 0;
  std::int64_t long_pause_due_ms_ = kNever;
  bool replies_unsent_ = false;
  std::int64_t opened_ms_;
  std::int64_t last_activity_ms_;
  std::int64_t last_input_ms_;
  std::int64_t write_progress_ms_;
  std::int64_t replies_since_ms_ = 0;      // while replies_unsent_
  std::uint64_t replies_taken_bytes_ = 0;  // by the peer, since then
  std::uint64_t charged_output_bytes_ = 0;
  std::int64_t linger_until_ms_ = kNever;
  std::int64_t armed_ms_ = kNever;
  std::uint64_t bytes_read_ = 0;
  std::unique_ptr<Protocol> protocol_;  // the last: it may use all of the above as it goes
};

}  // namespace crawlspool::connection
