// One connection of the framed protocol: frames in, acks and verdicts out. Source: PROTOCOL.md.
//
//   first frame ──► [awaiting the session] ──► reading ──► ending ──► finished (Connection takes over)
//                                                        what was read is settled, then the last ack and words go out
//
// Four sources: stream_protocol.cpp takes frames in, hello.cpp says hello, acks.cpp answers, ending.cpp ends.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/connection/connection.h"
#include "daemon/intake/batch_intake.h"
#include "daemon/intake/record_writer.h"
#include "daemon/intake/turn_budget.h"
#include "proto/batch.h"
#include "proto/frame_decoder.h"
#include "proto/hello.h"
#include "proto/messages.h"

namespace crawlspool::stream {

class StreamProtocol final : public connection::Protocol {
 public:
  // `connection` owns it.
  explicit StreamProtocol(connection::Connection& connection);
  ~StreamProtocol() override;

  [[nodiscard]] bool holds_whole_batch() const override { return batch_.has_value(); }
  [[nodiscard]] bool may_go_on_with_batch() override { return batch_ && connection_.may_take_in(*batch_); }
  [[nodiscard]] const intake::RecordWriter* writer() const override { return &writer_; }

 private:
  static constexpr std::size_t kUnsentBytesMax = 64 * 1024;  // of answers, before no more is taken in

  // How it ends: the frame to say last, and the word for the log.
  struct Ending {
    std::string last_words;
    std::string_view reason;
  };

  void on_drain_end() override;
  void refuse(const connection::LimitMet& limit) override;
  void on_open() override;
  connection::ReadPlan plan_read() override;
  void take_input(std::string_view bytes) override;
  void on_eof() override;
  [[nodiscard]] bool has_kept_input() const override { return batch_ || !kept_input_.empty(); }
  void take_kept_input() override;
  void on_synced(std::uint64_t seq) override;
  void on_written(std::uint64_t seq) override;
  bool on_session(const session::SessionQuestion& question) override;
  void on_session_lost() override;
  void on_spool_failed() override;
  void on_drain() override;
  void on_spool_waits() override;
  void on_shed() override;
  void on_resumed(std::int64_t paused_ms) override;
  void on_output_sent() override;
  void on_long_pause() override;
  [[nodiscard]] std::optional<connection::BegunInput> begun_input() const override;
  [[nodiscard]] std::size_t held_wire_bytes() const override;
  [[nodiscard]] std::int64_t deadline_ms() const override;
  void on_deadline() override;

  // --- input ---
  [[nodiscard]] connection::ReadPlan plan_under_pressure(connection::Pause why) const;
  void take_frames(std::string_view input);
  void take_frame(const proto::Frame& frame, const commit::ReadTime& when);
  void take_record(std::string_view record, const commit::ReadTime& when);
  void take_first_payload(std::string_view payload);
  [[nodiscard]] bool has_numbers_for(std::uint64_t records);
  [[nodiscard]] bool has_numbers_for_batch(std::string_view batch);
  void take_batch(std::string_view payload, const commit::ReadTime& when);
  void take_zstd_batch(std::string_view payload, const commit::ReadTime& when);
  void go_on_with_batch(const commit::ReadTime& when);
  void drop_batch();
  void take_ping(std::string_view payload);
  [[nodiscard]] bool is_enough_for_one_turn() const;
  void keep_input(std::string_view rest);
  void note_begun_frame(bool took_frames);
  void account_memory();

  // --- hello ---
  void take_hello(std::string_view payload);
  void identify();
  void welcome(const session::SessionAnswer& answer, std::uint64_t last_seq);
  [[nodiscard]] static proto::ErrorMessage too_many_connections(const connection::LimitMet& limit);
  [[nodiscard]] bool enter_client();

  // --- answers and the end ---
  void end_with_error(const proto::ErrorMessage& message);
  void end_with_goodbye(const proto::GoodbyeMessage& message);
  void end_by_drain();
  void drop_unread_answers();
  void end(Ending ending);
  void say_last_words();
  void append_ack_if_due();
  [[nodiscard]] std::optional<std::uint64_t> begun_seq() const;
  [[nodiscard]] std::int64_t frame_deadline_ms() const;
  [[nodiscard]] std::int64_t idle_deadline_ms() const;
  [[nodiscard]] std::int64_t ping_due_ms() const;

  connection::Connection& connection_;
  intake::RecordWriter writer_;
  proto::Hello hello_;  // the defaults for a client that says none

  proto::FrameDecoder decoder_;
  std::string kept_input_;                    // read and not yet decoded
  std::optional<intake::BatchIntake> batch_;  // came whole and is not all taken in; before kept_input_
  bool any_frame_begun_ = false;
  bool any_frame_taken_ = false;

  std::uint64_t acked_seq_ = 0;

  std::uint64_t charged_bytes_ = 0;  // on the loop's memory account
  std::int64_t frame_begun_ms_ = 0;
  std::int64_t paused_in_all_ms_ = 0;
  bool is_pinged_ = false;  // since the last input
  bool slow_told_ = false;
  bool is_draining_ = false;
  bool is_cut_ = false;  // the drain ends: no answer is waited with for the peer
  std::optional<Ending> ending_;
};

}  // namespace crawlspool::stream
