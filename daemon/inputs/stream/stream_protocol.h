// One connection of the framed protocol: takes frames in; what is said is the dialog's. Source: PROTOCOL.md.
#pragma once

#include <optional>
#include <string_view>

#include "config/listener.h"
#include "daemon/connection/connection.h"
#include "daemon/dialog/dialog_protocol.h"
#include "daemon/intake/batch_intake.h"
#include "proto/frame_decoder.h"

namespace crawlspool::stream {

class StreamProtocol final : public dialog::DialogProtocol {
 public:
  // `connection` owns it; `settings` are those of its listener.
  StreamProtocol(connection::Connection& connection, const config::ListenerSettings& settings);
  ~StreamProtocol() override;

 private:
  // --- as Protocol has them ---
  std::size_t on_input(std::string_view bytes) override;
  void on_eof() override;
  void on_resumed(std::int64_t paused_ms) override;
  void on_shed() override;
  [[nodiscard]] std::size_t held_bytes() const override;
  [[nodiscard]] std::size_t held_wire_bytes() const override;
  [[nodiscard]] std::optional<connection::BegunInput> begun_input() const override;
  [[nodiscard]] bool holds_whole_batch() const override { return batch_.has_value(); }
  [[nodiscard]] bool may_go_on_with_batch() override { return batch_ && connection().memory().may_take_in(*batch_); }

  // --- as DialogProtocol has them ---
  [[nodiscard]] connection::ReadPlan plan_input() override;
  [[nodiscard]] std::int64_t input_deadline_ms() const override;
  void on_input_deadline() override;

  // --- as the dialog's input ---
  void drop_input() override;
  bool drop_unbegun_input() override;

  // --- frames ---
  // The number that the begun frame's first record would have.
  [[nodiscard]] std::optional<std::uint64_t> begun_seq() const;
  [[nodiscard]] bool may_be_hello() const;
  [[nodiscard]] bool takes_frames() const;
  [[nodiscard]] bool is_enough_for_one_turn() const;
  void take_frames(std::string_view& input);
  void take_frame(const proto::Frame& frame, const commit::ReadTime& when);
  void take_record(std::string_view record, const commit::ReadTime& when);
  void take_hello(std::string_view payload);
  void take_ping(std::string_view payload);
  void note_begun_frame(bool took_frames);

  // --- batches ---
  [[nodiscard]] bool has_numbers_for_batch(std::string_view batch);
  void take_batch(std::string_view payload, const commit::ReadTime& when);
  void take_zstd_batch(std::string_view payload, const commit::ReadTime& when);
  void go_on_with_batch(const commit::ReadTime& when);
  void drop_batch();
  [[nodiscard]] bool may_have_batches();

  proto::FrameDecoder decoder_;
  std::optional<intake::BatchIntake> batch_;  // came whole and is not all taken in; before the input that is kept
  bool any_frame_begun_ = false;
  bool any_frame_taken_ = false;
  std::int64_t frame_begun_ms_ = 0;
  std::int64_t paused_in_all_ms_ = 0;
};

}  // namespace crawlspool::stream
