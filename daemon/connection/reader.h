// Reads a connection: what is read goes to the protocol, what that leaves is kept, and while something keeps the
// connection from going on it is paused. Owns the input that is kept and the pause. Lives on one loop's thread.
//
// While a connection is paused, none of its deadlines for input runs.
//
// A turn of the connection takes input in once at most, what it reads or what was kept of it; the rest goes on in a
// turn that is the connection's share of the loop's time. Within a turn, go_on_at_end() only notes that the connection
// is to go on; the end of the turn does that, when nothing of the connection is on the stack any more. So no callback
// can re-enter the reading of a connection, however it comes about, and no pipeline is as deep as it is long.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/connection/protocol.h"

namespace crawlspool::connection {

class Connection;

class Reader {
 public:
  static constexpr std::int64_t kNever = Protocol::kNever;
  static constexpr std::size_t kUnsentBytesMax = 64 * 1024;  // of answers, before no more records are taken in

  // `connection` owns it.
  explicit Reader(Connection& connection) : connection_(connection) {}
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // --- for the protocol ---
  void pause(Pause why);  // or, if paused already, for another reason now
  [[nodiscard]] const std::optional<Pause>& paused() const { return paused_; }
  // Returns how much may be read where records are awaited, or why nothing for now. `begun_needs`: so many bytes are
  // missing to the end of what has begun; 0 if nothing has. May take the machine's place under the memory budget, which
  // MemoryUse::batch_done() gives up.
  [[nodiscard]] ReadPlan plan_records(std::size_t begun_needs);
  // Returns when input that has begun then and has so many bytes is too slow: timeouts.frame, and a second for each
  // 64 KiB.
  [[nodiscard]] std::int64_t pace_deadline_ms(std::int64_t begun_ms, std::uint64_t bytes) const;
  // Whether there is input that is not taken in yet, or a batch.
  [[nodiscard]] bool has_rest() const;
  void drop_kept_input();

  // --- for the connection, within a turn ---
  // As the protocol has it, unless an answer is held back.
  [[nodiscard]] ReadPlan plan() const;
  // A turn that is the connection's share of the loop's time: reads, or goes on with what is paused if the reason for
  // that is gone, once.
  void take_turn();
  void go_on_at_end() { goes_on_ = true; }
  void end_turn();

  // --- what it holds, and until when ---
  [[nodiscard]] std::size_t kept_bytes() const { return kept_input_.size(); }
  [[nodiscard]] std::size_t held_bytes() const { return kept_input_.capacity(); }
  // Returns when a pause is to be looked at, or input is awaited no longer.
  [[nodiscard]] std::int64_t deadline_ms() const;
  void check_deadline(std::int64_t now_ms);

 private:
  void go_on(bool may_take_input);
  void read_rest();
  void read_some();
  [[nodiscard]] bool has_more() const;
  void close_broken();
  void take_kept_input();
  void keep_input(std::string_view rest);

  Connection& connection_;
  std::string kept_input_;        // read and not yet taken in; its capacity holds padding, too
  bool goes_on_ = false;          // noted in this turn, for its end
  bool has_taken_input_ = false;  // in this turn
  std::optional<Pause> paused_;
  std::int64_t paused_since_ms_ = 0;
  std::int64_t long_pause_due_ms_ = kNever;
};

}  // namespace crawlspool::connection
