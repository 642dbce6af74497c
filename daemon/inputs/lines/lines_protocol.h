// One connection of lines: takes each line in as a record, and says nothing unless its first line asks for answers.
// Source: PROTOCOL.md, "Lines".
#pragma once

#include <optional>
#include <string_view>

#include "config/listener.h"
#include "daemon/connection/connection.h"
#include "daemon/dialog/dialog_protocol.h"
#include "daemon/inputs/lines/line_splitter.h"

namespace crawlspool::lines {

class LinesProtocol final : public dialog::DialogProtocol {
 public:
  // `connection` owns it; `settings` are those of its listener.
  LinesProtocol(connection::Connection& connection, const config::ListenerSettings& settings);

 private:
  // --- as Protocol has them ---
  std::size_t on_input(std::string_view bytes) override;
  void on_eof() override;
  void on_resumed(std::int64_t paused_ms) override;
  void on_shed() override;
  [[nodiscard]] std::size_t held_bytes() const override { return splitter_.held_bytes(); }
  [[nodiscard]] std::size_t held_wire_bytes() const override { return splitter_.received_bytes(); }
  [[nodiscard]] std::optional<connection::BegunInput> begun_input() const override;

  // --- as DialogProtocol has them ---
  [[nodiscard]] connection::ReadPlan plan_input() override;
  [[nodiscard]] std::int64_t input_deadline_ms() const override;
  void on_input_deadline() override;

  // --- as the dialog's input ---
  void drop_input() override { splitter_.drop(); }
  bool drop_unbegun_input() override { return false; }  // a line is taken in whole, or not begun

  [[nodiscard]] bool take_lines(std::string_view& input);
  void take_line(std::string_view line, const commit::ReadTime& when);
  [[nodiscard]] bool take_hello(std::string_view line);
  [[nodiscard]] std::string_view first_line_text(std::string_view line);

  LineSplitter splitter_;
  const bool may_answer_;
  bool any_input_ = false;
  bool any_line_ = false;
  std::int64_t line_begun_ms_ = 0;
};

}  // namespace crawlspool::lines
