// One connection of lines: takes each line in as a record, and says nothing unless its first line asks for answers.
// Source: PROTOCOL.md, "Lines".
#pragma once

#include <optional>
#include <string_view>

#include "config/listener.h"
#include "daemon/connection/connection.h"
#include "daemon/dialog/dialog.h"
#include "daemon/inputs/lines/line_splitter.h"

namespace crawlspool::lines {

class LinesProtocol final : public connection::Protocol, private dialog::Input {
 public:
  // `connection` owns it; `settings` are those of its listener.
  LinesProtocol(connection::Connection& connection, const config::ListenerSettings& settings);

 private:
  // --- as Protocol has them ---
  void refuse(const connection::LimitMet& limit) override { dialog_.refuse(limit); }
  void on_open() override;
  connection::ReadPlan plan_read() override;
  std::size_t on_input(std::string_view bytes) override;
  void on_eof() override;
  void on_resumed(std::int64_t paused_ms) override;
  void on_long_pause() override { dialog_.on_long_pause(); }
  [[nodiscard]] const intake::RecordWriter* writer() const override { return &dialog_.writer(); }
  void on_synced(std::uint64_t count) override { dialog_.on_synced(count); }
  void on_written(std::uint64_t count) override { dialog_.on_written(count); }
  bool on_session(const session::SessionQuestion& answered) override { return dialog_.on_session(answered); }
  void on_session_lost() override { dialog_.on_session_lost(); }
  void on_output_sent() override { dialog_.on_output_sent(); }
  void on_spool_waits() override;
  void on_spool_failed() override { dialog_.on_spool_failed(); }
  void on_drain() override { dialog_.on_drain(); }
  void on_drain_end() override { dialog_.on_drain_end(); }
  void on_shed() override;
  [[nodiscard]] std::int64_t deadline_ms() const override;
  void on_deadline() override;
  [[nodiscard]] std::size_t held_bytes() const override { return splitter_.held_bytes(); }
  [[nodiscard]] std::size_t held_wire_bytes() const override { return splitter_.received_bytes(); }
  [[nodiscard]] std::optional<connection::BegunInput> begun_input() const override;

  // --- as the dialog's input ---
  void drop_input() override { splitter_.drop(); }
  bool drop_unbegun_input() override { return false; }  // a line is taken in whole, or not begun

  [[nodiscard]] bool take_lines(std::string_view& input);
  void take_line(std::string_view line, const commit::ReadTime& when);
  [[nodiscard]] bool take_hello(std::string_view line);
  [[nodiscard]] std::int64_t line_deadline_ms() const;

  connection::Connection& connection_;
  dialog::Dialog dialog_;
  LineSplitter splitter_;
  const bool may_answer_;
  bool any_input_ = false;
  bool any_line_ = false;
  std::int64_t line_begun_ms_ = 0;
};

}  // namespace crawlspool::lines
