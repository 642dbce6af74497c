// Sends records under one session, over as many connections as it takes, until each is acknowledged once: it knows
// hello and welcome, numbers, batches, and what to send again. Does no I/O: the caller moves bytes between it and a
// connection, and decides when to connect again.
//
//   offline ── connected() ──► greeting ── welcome ──► open ── say_bye() ──► closing
//      ▲                          │                      │                     │
//      └───── disconnected() ─────┴──────────────────────┴─────────────────────┘
//
// A connection's numbers follow each other. A record that is given up leaves a gap in them, which only a new hello
// passes (`from`): once all below it is acknowledged, the ending says to connect again at once.
// Source: PROTOCOL.md, "Sessions, exactly once".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cpp/frames_in_flight.h"
#include "clients/cpp/messages.h"
#include "clients/cpp/output_buffer.h"
#include "clients/cpp/record_window.h"
#include "clients/cpp/run_framing.h"

namespace crawlspool::client {

struct SessionSettings {
  std::string client;
  std::string stream;  // empty for none
  std::string session;
  std::string token;                      // a secret; empty for none
  std::optional<proto::Charset> charset;  // of the records; nothing: UTF-8, and no word of it

  using Framing = client::Framing;
  Framing framing = Framing::kBatches;

  // The session outlives this process, and is never exchanged for another one.
  bool is_kept = false;
  std::uint64_t first_seq = 1;        // the number of the first record; all below is acknowledged
  std::uint64_t rejected_before = 0;  // how many of those were rejected
  bool may_be_sent_before = false;    // an earlier process may have sent records from there on
  bool is_elsewhere = false;          // it may have sent them to another address: the server must know the session then

  RecordWindow::Bounds window;
  std::uint64_t batch_bytes_max = 128 * 1024;
  std::uint64_t compressed_batch_bytes_max = 1024 * 1024;  // before it is compressed
};

struct SendCounts {
  std::uint64_t stored = 0;
  std::uint64_t rejected = 0;  // by the server, or too large to be sent
  std::uint64_t skipped = 0;   // found to be acknowledged before this process sent them
  std::uint64_t resent = 0;    // sent more than once
};

// Something that people want to know.
struct SessionEvent {
  enum class Kind {
    kRejected,        // place, reply, record
    kTooLarge,        // place; count is the limit in bytes
    kRejectedUnseen,  // count of those that were rejected and whose verdicts never came here
    kMayBeTwice,      // the server has forgotten the session: what was sent and not acked may be stored twice
    kNewSession,      // the server has records of this session that were not sent from here: it goes on with another
    kAcksUnsynced,    // the server acks what is written, not what is synced
    kSlow,            // reply
    kResume,
  };
  Kind kind = Kind::kRejected;
  Place place = {};
  Reply reply = {};
  std::uint64_t count = 0;
  std::string record = {};  // holds its first bytes, up to a little behind the offset that the reply names
};

class SendSession {
 public:
  explicit SendSession(SessionSettings settings);

  // --- records ---
  // Each takes the next number; RecordWindow::add() says what it may not hold in a batch.
  [[nodiscard]] bool has_room(std::size_t record_bytes) const { return window_.has_room(record_bytes); }
  // `maybe_sent` says that an earlier process may have sent this very record.
  void add(const Place& place, std::string_view record, bool maybe_sent = false);
  // Adds one that no frame can hold, or none of at most `bytes_max`.
  void add_too_large(const Place& place, std::uint64_t bytes_max, bool maybe_sent = false);
  [[nodiscard]] std::uint64_t next_seq() const { return window_.next_seq(); }
  // Returns up to where the server has acknowledged all; what is added at or below that is skipped.
  [[nodiscard]] std::uint64_t known_through() const { return known_through_; }

  // --- one connection after the other ---
  [[nodiscard]] bool needs_connection() const { return phase_ == Phase::kOffline && !window_.empty(); }
  [[nodiscard]] bool is_open() const { return phase_ == Phase::kOpen; }
  void connected();
  // Returns what is to be written next, in order; it is valid until the next call of anything else.
  [[nodiscard]] std::string_view output();
  void wrote(std::size_t bytes) { output_.wrote(bytes); }
  void received(const Reply& reply);
  // Ends the connection once everything is acknowledged.
  void say_bye();
  // Returns why the connection is of no more use, once it is.
  [[nodiscard]] const std::optional<Ending>& ending() const { return ending_; }
  void disconnected();

  [[nodiscard]] bool is_all_acknowledged() const { return window_.empty(); }
  [[nodiscard]] std::size_t held_bytes() const { return window_.bytes(); }
  [[nodiscard]] std::size_t unsent_bytes() const { return window_.unsent_bytes(); }
  [[nodiscard]] std::uint64_t unacknowledged() const;  // neither stored nor rejected, as far as is known
  [[nodiscard]] std::uint64_t unsent() const;          // and never sent by this process or, for all it knows, another
  [[nodiscard]] const SendCounts& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t highest_sent() const { return highest_sent_; }

  // The last acknowledged record; all below it are acknowledged, too.
  struct Acknowledged {
    std::uint64_t seq = 0;
    Place place;                 // not set before the first one
    std::uint64_t rejected = 0;  // how many the server has rejected up to seq
  };
  [[nodiscard]] const Acknowledged& acknowledged() const { return acknowledged_; }

  [[nodiscard]] std::vector<SessionEvent> take_events();

 private:
  enum class Phase { kOffline, kGreeting, kOpen, kClosing };

  void on_welcome(const Welcome& welcome);
  [[nodiscard]] std::optional<std::string> contradiction(const Welcome& welcome) const;
  void find_unseen_rejects(const Welcome& welcome);
  void take_new_session();
  [[nodiscard]] static Ending not_ours(std::uint64_t last_seq);
  void on_ack(std::uint64_t seq);
  void on_reject(const Reply& reply);
  void on_refused_frame(const Reply& error);
  void on_ping(const Reply& ping);
  void acknowledge_through(std::uint64_t seq);
  void acknowledge_front();
  void give_up(std::uint64_t seq, SessionEvent event);
  void note_origin(std::uint64_t seq, bool maybe_sent);

  [[nodiscard]] bool make_frame();
  [[nodiscard]] bool skip_unsendable();
  void append_run(const RecordWindow::Run& run);

  SessionSettings settings_;
  RecordWindow window_;
  RunFraming framing_;
  SendCounts counts_;
  Acknowledged acknowledged_;
  std::vector<SessionEvent> events_;

  std::uint64_t known_through_ = 0;
  std::uint64_t highest_sent_ = 0;    // by this process
  std::uint64_t maybe_sent_ = 0;      // the highest that an earlier process may have sent
  std::uint64_t unseen_rejects_ = 0;  // how many records up to known_through_ are still to be found rejected
  std::uint64_t refused_frames_ = 0;  // frames of one record since welcome, which the server may count as rejected
  bool acks_unsynced_said_ = false;

  // --- this connection ---
  Phase phase_ = Phase::kOffline;
  OutputBuffer output_;
  std::uint64_t next_on_connection_ = 0;  // the number the server gives to the next record
  FramesInFlight frames_;
  std::optional<Ending> ending_;
};

}  // namespace crawlspool::client
