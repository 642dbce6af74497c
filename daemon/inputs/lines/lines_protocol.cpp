#include "daemon/inputs/lines/lines_protocol.h"

#include <utility>

#include "daemon/connection/io_loop.h"
#include "daemon/inputs/lines/lines_hello.h"

namespace crawlspool::lines {
namespace {

using connection::Pause;
using proto::ErrorWord;
using proto::GoodbyeReason;

constexpr std::size_t kBegunReadBytes = 16 * 1024;  // of a begun line while memory is short: its end is not known

}  // namespace

LinesProtocol::LinesProtocol(connection::Connection& connection, const config::ListenerSettings& settings)
    : DialogProtocol(connection, proto::Framing::kLines),
      splitter_(connection.limits().record_bytes_max),
      may_answer_(settings.answers) {
  using Silence = dialog::Dialog::Silence;
  dialog().silence(may_answer_ ? Silence::kOnceTaken : Silence::kWhole);
  dialog().decode_from(settings.decoding);
  dialog().identify(settings.client, settings.stream);
}

connection::ReadPlan LinesProtocol::plan_input() {
  if (connection().credit().must_wait(connection().io().now_ms())) return {0, Pause::kAmplification};
  return connection().reader().plan_records(splitter_.has_begun() ? kBegunReadBytes : 0);
}

std::size_t LinesProtocol::on_input(std::string_view bytes) {
  if (const auto other = std::exchange(any_input_, true) ? std::nullopt : recognise_first_bytes(bytes)) {
    dialog().end_with_error({.code = ErrorWord::kWrongProtocol, .detail = *other});
    return bytes.size();
  }
  std::string_view rest = bytes;
  const bool had_begun = splitter_.has_begun();
  const bool took_line = take_lines(rest);
  if (dialog().is_ending()) return bytes.size();
  if (took_line || !had_begun) line_begun_ms_ = connection().io().now_ms();
  input_taken(rest.empty());
  if (connection().link().unsent_bytes() > 0) connection().send(true);
  return bytes.size() - rest.size();
}

// True if there was one at least.
bool LinesProtocol::take_lines(std::string_view& input) {
  const commit::ReadTime when = connection().io().read_time();
  bool took_line = false;
  while (!dialog().is_ending() && !dialog().writer().awaits_session() && !connection().budget().is_spent()) {
    const auto line = splitter_.next(input);
    if (!line) break;
    take_line(*line, when);
    took_line = true;
  }
  splitter_.free_returned();
  return took_line;
}

void LinesProtocol::take_line(std::string_view line, const commit::ReadTime& when) {
  if (!std::exchange(any_line_, true) && (take_hello(line) || !dialog().admit_silent())) return;
  if (dialog().has_numbers_for(1)) dialog().take_record(line, when);
}

// In UTF-8, so that names can be read, where its listener says what it comes in.
std::string_view LinesProtocol::first_line_text(std::string_view line) {
  const proto::Decoding& decoding = dialog().writer().decoding();
  if (decoding.charset == proto::kUtf8) return line;
  const auto decoded = connection().io().transcoder().decode(decoding, line, kHelloBytesMax);
  return decoded.text.empty() ? line : decoded.text;
}

// False if the first line is a record.
bool LinesProtocol::take_hello(std::string_view line) {
  const std::string_view text = first_line_text(line);
  if (!text.starts_with('{') || connection().io().checker().check(text)) return false;
  auto read = read_hello(text);
  if (!read) {
    dialog().end_with_error({.code = ErrorWord::kBadHello, .detail = read.error()});
    return true;
  }
  if (!*read) return false;
  LinesHello& said = **read;
  if (said.wants_answers && may_answer_) dialog().silence(dialog::Dialog::Silence::kNone);
  dialog().take_hello(std::move(said.hello));
  return true;
}

void LinesProtocol::on_eof() {
  const auto last = splitter_.last();
  if (last) take_line(*last, connection().io().read_time());
  dialog().end_with_goodbye({.reason = GoodbyeReason::kBye, .detail = "the stream has ended"});
}

void LinesProtocol::on_resumed(std::int64_t paused_ms) {
  line_begun_ms_ += paused_ms;
  say_resumed();
}

std::optional<connection::BegunInput> LinesProtocol::begun_input() const {
  if (dialog().is_ending() || splitter_.received_bytes() == 0) return std::nullopt;
  return connection::BegunInput{splitter_.held_bytes(), splitter_.received_bytes(), line_begun_ms_};
}

void LinesProtocol::on_shed() {
  dialog().end_with_error({.code = ErrorWord::kFrameTimeout,
                           .detail = "the server's memory is used up and this line came slowest",
                           .seq = dialog().writer().taken() + 1});
}

// ---- deadlines ----

// None is for one who is not answered, and so could not learn of it, unless others of its machine may wait for the
// memory that its line holds.
std::int64_t LinesProtocol::input_deadline_ms() const {
  if (!splitter_.has_begun() || (dialog().is_silent() && !connection().memory().share().has_place())) return kNever;
  return connection().reader().pace_deadline_ms(line_begun_ms_, splitter_.received_bytes());
}

void LinesProtocol::on_input_deadline() {
  dialog().end_with_error({.code = ErrorWord::kFrameTimeout,
                           .detail = std::to_string(splitter_.received_bytes()) + " bytes of a line had come in time",
                           .seq = dialog().writer().taken() + 1});
}

}  // namespace crawlspool::lines
