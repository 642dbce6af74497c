// One connection of a Redis client: takes the items of RPUSH, LPUSH and XADD as records, and replies to each command in
// order, to those that bring items once these are on the disk. Source: PROTOCOL.md, "Redis".
//
// A command that cannot be taken in at once is held whole: while the disk or memory is waited for, or where it takes
// more than a turn. What waits for a full disk longer than timeouts.write is replied to with an error.
//
// Two sources: redis_protocol.cpp takes commands, redis_protocol_ending.cpp waits, fails and ends.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/listener.h"
#include "daemon/connection/connection.h"
#include "daemon/connection/protocol.h"
#include "daemon/inputs/redis/account.h"
#include "daemon/inputs/redis/client_talk.h"
#include "daemon/inputs/redis/disk_wait.h"
#include "daemon/inputs/redis/push_command.h"
#include "daemon/inputs/redis/push_intake.h"
#include "daemon/inputs/redis/reply_queue.h"
#include "daemon/inputs/redis/resp_decoder.h"
#include "daemon/intake/record_writer.h"

namespace crawlspool::redis {

class RedisProtocol final : public connection::Protocol {
 public:
  // `connection` owns it; `settings` are those of its listener.
  RedisProtocol(connection::Connection& connection, const config::ListenerSettings& settings);
  ~RedisProtocol() override;

 private:
  using Parts = std::span<const std::string_view>;

  // What a command brings.
  struct Pushed {
    Parts items;
    bool is_xadd = false;
    std::optional<intake::RecordWriter::Made> made;  // the only item, where it was made here
  };

  // A command that came whole and is not all taken in.
  struct Held {
    Held(RespDecoder& decoder, const PushIntake& so_far) : command(decoder.keep()), intake(so_far) {}

    OwnedCommand command;
    PushIntake intake;
  };

  // --- as Protocol has them ---
  void refuse(const connection::LimitMet& limit) override;
  void on_open() override;
  connection::ReadPlan plan_read() override;
  std::size_t on_input(std::string_view bytes) override;
  void on_eof() override { end({}, "eof"); }
  void on_resumed(std::int64_t paused_ms) override { command_begun_ms_ += paused_ms; }
  [[nodiscard]] std::int64_t pause_deadline_ms() const override {
    return std::min(disk_wait_.deadline_ms(), rate_until_ms_);
  }
  void on_pause_deadline() override;
  [[nodiscard]] const intake::RecordWriter* writer() const override { return &writer_; }
  void on_synced(std::uint64_t count) override;
  void on_spool_waits() override;
  void on_spool_failed() override;
  void on_drain() override;
  void on_drain_end() override;
  void on_old() override;
  void on_shed() override;
  [[nodiscard]] std::int64_t deadline_ms() const override;
  void on_deadline() override;
  [[nodiscard]] std::size_t held_bytes() const override;
  [[nodiscard]] std::optional<connection::BegunInput> begun_input() const override;
  [[nodiscard]] std::size_t held_wire_bytes() const override;
  [[nodiscard]] bool holds_whole_batch() const override { return held_.has_value(); }
  [[nodiscard]] bool may_go_on_with_batch() override;

  // --- commands ---
  [[nodiscard]] connection::ReadPlan plan_while_spool_waits();
  [[nodiscard]] bool may_take_command() const;
  [[nodiscard]] bool take_commands(std::string_view& input);
  void take(Parts parts, const commit::ReadTime& when);
  [[nodiscard]] bool take_transaction_word(std::string_view name);
  void take_push(Parts parts, const commit::ReadTime& when);
  [[nodiscard]] bool take_items(const Pushed& pushed, PushIntake& intake, const commit::ReadTime& when);
  [[nodiscard]] bool identify(std::string_view key);
  void drop_held();
  void enter_client();
  void reply_error(std::string_view text);

  // --- waiting and ending ---
  void fail_waiting();
  void end(std::string_view last_reply, std::string_view reason);
  void end_by_drain();
  void send_or_finish();

  connection::Connection& connection_;
  intake::RecordWriter writer_;
  RespDecoder decoder_;
  Account account_;
  ClientTalk talk_;
  ReplyQueue replies_;
  DiskWait disk_wait_;
  std::optional<Held> held_;
  const std::string strip_;   // of a key's end
  const std::string stream_;  // for keys of which nothing is left then
  std::string last_key_;      // whose stream the writer's names have
  bool has_key_ = false;
  bool any_input_ = false;
  bool is_in_transaction_ = false;  // which was refused: so is what is in it
  bool is_draining_ = false;
  bool is_old_ = false;
  bool is_cut_ = false;  // the drain ends: no answer waits for the peer any more
  std::optional<std::string_view> ending_;
  std::int64_t command_begun_ms_ = 0;
  std::int64_t rate_until_ms_ = kNever;  // while it waits for its user's rate
};

}  // namespace crawlspool::redis
