// What every protocol does whose peer is spoken with in a dialog, however its records are delimited. An input derives
// from it, and takes records in. Owns the dialog.
#pragma once

#include <cstdint>

#include "daemon/connection/connection.h"
#include "daemon/dialog/dialog.h"
#include "daemon/dialog/slow_notice.h"

namespace crawlspool::dialog {

class DialogProtocol : public connection::Protocol, private Input {
 protected:
  // `connection` owns it.
  DialogProtocol(connection::Connection& connection, proto::Framing framing)
      : connection_(connection), dialog_(connection, *this, framing), slow_(connection, framing) {}

  // After input was taken in, all of it or some: what the dialog's state asks for. Gives the machine's place under the
  // memory budget up where it is no longer needed.
  void input_taken(bool is_all);

  // To be called by on_resumed().
  void say_resumed() { slow_.on_resumed(); }

  [[nodiscard]] connection::Connection& connection() const { return connection_; }
  [[nodiscard]] Dialog& dialog() { return dialog_; }
  [[nodiscard]] const Dialog& dialog() const { return dialog_; }

 private:
  // --- the input's own ---
  // As plan_read(), where the dialog goes on and awaits no session.
  [[nodiscard]] virtual connection::ReadPlan plan_input() = 0;
  // When what has begun, or the first of it, comes too slowly; on_input_deadline() says so.
  [[nodiscard]] virtual std::int64_t input_deadline_ms() const = 0;
  virtual void on_input_deadline() = 0;

  [[nodiscard]] bool needs_place() const;

  // --- as Protocol has them ---
  void refuse(const connection::LimitMet& limit) final { dialog_.refuse(limit); }
  void on_open() final;
  connection::ReadPlan plan_read() final;
  void on_long_pause() final;
  [[nodiscard]] std::int64_t pause_deadline_ms() const final { return rate_until_ms_; }
  void on_pause_deadline() final { connection_.resume(); }
  [[nodiscard]] const intake::RecordWriter* writer() const final { return &dialog_.writer(); }
  void on_synced(std::uint64_t seq) final { dialog_.on_synced(seq); }
  void on_written(std::uint64_t seq) final { dialog_.on_written(seq); }
  bool on_session(const session::LeaseRequest& answered) final { return dialog_.on_session(answered); }
  void on_session_lost() final { dialog_.on_session_lost(); }
  void on_output_sent() final { dialog_.on_output_sent(); }
  void on_spool_waits() final;
  void on_spool_failed() final { dialog_.on_spool_failed(); }
  void on_drain() final { dialog_.on_drain(); }
  void on_drain_end() final { dialog_.on_drain_end(); }
  void on_old() final { dialog_.on_old(begun_input().has_value() || connection_.reader().has_rest()); }
  [[nodiscard]] std::int64_t deadline_ms() const final;
  void on_deadline() final;

  connection::Connection& connection_;
  Dialog dialog_;
  SlowNotice slow_;
  std::int64_t rate_until_ms_ = kNever;  // while it waits for its user's rate
};

}  // namespace crawlspool::dialog
