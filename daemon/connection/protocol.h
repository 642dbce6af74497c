// What a connection speaks, whatever carries its bytes. A connection owns its protocol, says what happens to it, and is
// the protocol's tool for everything else (connection.h). Used on the loop's thread, within a turn of the connection:
// each function may call every tool of it, and keeps no view of its input beyond its own end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "daemon/commit/memory_budget.h"
#include "daemon/connection/admission.h"
#include "daemon/intake/record_writer.h"
#include "daemon/session/lease_request.h"

namespace crawlspool::connection {

// Why a connection is not read for now.
enum class Pause {
  kMemory,         // the memory budget
  kSpoolWaits,     // the spool takes nothing: slow_reason() of its state
  kSpoolBusy,      // enough waits for the disk
  kOutput,         // the peer does not read its answers
  kTurn,           // enough for one turn of the loop
  kBusy,           // an earlier request is not answered yet
  kSession,        // the lease on its session has not been granted yet
  kAmplification,  // it, or its machine, has made too much of what it sent
  kRate,           // its user has brought more than its tokens' rates
};

struct ReadPlan {
  std::size_t bytes = 0;  // 0: pause
  Pause why = Pause::kBusy;
};

// What has come of a frame or request that is not whole.
struct BegunInput {
  std::size_t held_bytes;
  std::size_t received_bytes;
  std::int64_t since_ms;  // as IoLoop::now_ms() has it
};

class Protocol {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  Protocol() = default;
  virtual ~Protocol() = default;
  Protocol(const Protocol&) = delete;
  Protocol& operator=(const Protocol&) = delete;

  // The limits leave no place for the connection: says so, and ends it.
  virtual void refuse(const LimitMet& limit) = 0;
  virtual void on_open() {}

  // --- input ---
  [[nodiscard]] virtual ReadPlan plan_read() = 0;
  // Takes what it can of `bytes` and returns how many; the connection keeps the rest and brings it again. Padding is
  // readable behind them. They may be none, where holds_whole_batch().
  [[nodiscard]] virtual std::size_t on_input(std::string_view bytes) = 0;
  virtual void on_eof() = 0;
  virtual void on_resumed(std::int64_t paused_ms) = 0;
  // At a second and then now and then of a pause for memory, the disk, a session, amplification or a rate.
  virtual void on_long_pause() {}
  // When what waits in a pause has waited too long, whatever the pause is for.
  [[nodiscard]] virtual std::int64_t pause_deadline_ms() const { return kNever; }
  virtual void on_pause_deadline() {}

  // --- what was taken in ---
  // Returns what takes its records in; nullptr for one that brings none.
  [[nodiscard]] virtual const intake::RecordWriter* writer() const { return nullptr; }
  virtual void on_synced(std::uint64_t count) = 0;  // every record up to `count` is on the disk
  virtual void on_written(std::uint64_t /*count*/) {}
  // False if the session is not wanted any more.
  virtual bool on_session(const session::LeaseRequest& /*answered*/) { return false; }
  virtual void on_session_lost() {}  // to another connection
  virtual void on_output_sent() {}

  // --- the spool and the daemon ---
  virtual void on_spool_waits() {}
  virtual void on_spool_failed() = 0;
  virtual void on_drain() = 0;
  // After on_drain(), maybe several times: a frame, batch or body of which something was taken in is taken in whole,
  // what has not been begun is given up, and nothing waits for the peer any more.
  virtual void on_drain_end() {}
  // The connection is older than timeouts.connection: ends it once nothing has begun and is not whole; when called
  // again, whatever has begun. A peer that could not learn of it is left alone.
  virtual void on_old() {}
  // Gives up what is unfinished, so that others have its memory.
  virtual void on_shed() {}

  // --- deadlines while input is awaited ---
  [[nodiscard]] virtual std::int64_t deadline_ms() const = 0;
  virtual void on_deadline() = 0;

  // --- what it holds ---
  // Returns how much memory, beside what waits to be sent. The connection charges it.
  [[nodiscard]] virtual std::size_t held_bytes() const = 0;
  // Returns the account that this is charged to, always the same, which outlives the connection; nullptr for that of
  // the loop's records.
  [[nodiscard]] virtual commit::MemoryAccount* own_account() const { return nullptr; }
  [[nodiscard]] virtual std::optional<BegunInput> begun_input() const { return std::nullopt; }
  // Returns how much was received and is not taken in yet: what it may become is still to be made.
  [[nodiscard]] virtual std::size_t held_wire_bytes() const { return 0; }
  // Has a batch that came whole and is not all taken in: it needs memory only to give more back.
  [[nodiscard]] virtual bool holds_whole_batch() const { return false; }
  // And may take more of it in, as things are: it may have to wait for another of its machine, or one that is not
  // decompressed for another that is being. Whoever may has their place from then on.
  [[nodiscard]] virtual bool may_go_on_with_batch() { return false; }
};

}  // namespace crawlspool::connection
