// Whoever has records in flight on a loop, and takes turns there: a connection. What the loop and its parts call; each
// call is a turn of the source. Lives on one loop's thread, in its SourceTable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "daemon/base/connection_id.h"
#include "daemon/base/endpoint.h"
#include "daemon/commit/committer.h"
#include "daemon/connection/loop_survey.h"
#include "daemon/intake/record_writer.h"
#include "daemon/session/lease_request.h"
#include "proto/inputs.h"

namespace crawlspool::connection {

// A frame or request of which some has come and not all: what it holds, and how fast it comes.
struct Unfinished {
  std::size_t held_bytes;
  double bytes_per_ms;
};

// Answers that the peer leaves unread: what they hold, and how fast it takes them.
struct UnreadAnswers {
  std::size_t held_bytes;
  double bytes_per_ms;
  bool in_the_way;  // others of its machine wait for the memory
};

// Says what a source holds of the memory for all.
struct HeldMemory {
  std::optional<Unfinished> unfinished;
  std::optional<UnreadAnswers> unread_answers;  // nothing where they have not waited for long
  bool machine_holds_little = false;            // so little that it need not wait for those that hold much
  bool holds_whole_batch = false;               // as Protocol has it
};

// What can be given up to make room for others.
enum class Shed { kUnfinishedInput, kUnreadAnswers };

class Source {
 public:
  Source(base::ConnectionId id, proto::Input input, base::Peer peer) : id_(id), input_(input), peer_(std::move(peer)) {}
  virtual ~Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  [[nodiscard]] base::ConnectionId id() const { return id_; }
  [[nodiscard]] proto::Input input() const { return input_; }
  [[nodiscard]] const base::Peer& peer() const { return peer_; }
  [[nodiscard]] bool holds_up_drain() const { return brings_records(input_); }

  // --- its records ---
  virtual void on_synced(std::uint64_t count) = 0;   // every record up to `count` is on the disk
  virtual void on_written(std::uint64_t count) = 0;  // the same, and not synced yet
  // False if it does not want the session any more.
  virtual bool on_session(const session::LeaseRequest& answered) = 0;
  virtual void on_session_lost() = 0;  // to another source

  // --- the spool and the daemon ---
  virtual void on_spool_state(commit::SpoolState state) = 0;
  virtual void on_drain() = 0;
  // A drain is near its end: closes one that is ending and still here, and has others do so without regard to whether
  // the peer reads. Called again for those that were still to take something in.
  virtual void on_drain_end() = 0;

  // --- its turns ---
  // Reads, or goes on with what is paused if the reason for that is gone: once, for as much as a turn may cost.
  // Returns what it has cost.
  virtual std::uint64_t take_turn(std::uint64_t cost_max) = 0;
  virtual void resume() = 0;  // from any pause, if its reason is gone; at the turn's end
  virtual void resume_next_turn() = 0;
  virtual void arm_deadline() = 0;  // sees to it that check_deadlines() is called; timeouts may have changed
  virtual void check_deadlines() = 0;

  // --- the memory that it holds ---
  [[nodiscard]] virtual HeldMemory held_memory() const = 0;
  [[nodiscard]] virtual bool may_go_on_with_batch() = 0;  // as Protocol has it
  virtual void shed(Shed what) = 0;

  // --- what it is ---
  // Not one that is only there to be refused, nor a probe or scrape of the admin port.
  [[nodiscard]] virtual bool is_crawler() const = 0;
  // What takes its records in; nullptr for one that brings none.
  [[nodiscard]] virtual const intake::RecordWriter* writer() const = 0;
  [[nodiscard]] virtual SourceFacts facts() const = 0;
  [[nodiscard]] virtual ClientFacts client_facts() const = 0;

 private:
  const base::ConnectionId id_;
  const proto::Input input_;
  const base::Peer peer_;
};

}  // namespace crawlspool::connection
