#include "daemon/connection/reader.h"

#include <algorithm>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/connection/connection.h"
#include "daemon/connection/io_loop.h"
#include "proto/frame_decoder.h"

namespace crawlspool::connection {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;        // bounds the work of a turn
constexpr std::size_t kLargeReadBytes = 256 * 1024;  // within a large frame
constexpr std::int64_t kLongPauseMs = 1000;
constexpr std::int64_t kLongPauseRepeatMs = 15'000;
constexpr std::int64_t kPaceMs = 1000;
constexpr std::uint64_t kPaceBytes = 64 * 1024;

bool waits_for_resources(const std::optional<Pause>& pause) {
  return pause == Pause::kMemory || pause == Pause::kSpoolWaits || pause == Pause::kSpoolBusy;
}

// Its peer is to know of it when it is long.
bool may_be_long(const std::optional<Pause>& pause) {
  return waits_for_resources(pause) || pause == Pause::kSession || pause == Pause::kAmplification ||
         pause == Pause::kRate;
}

}  // namespace

// ---- how much, and until when ----

ReadPlan Reader::plan_records(std::size_t begun_needs) {
  const commit::Appender& appender = connection_.io().appender();
  Protocol& protocol = connection_.protocol();
  MemoryShares::Member& share = connection_.memory().share();
  if (connection_.link().unsent_bytes() > kUnsentBytesMax) return {0, Pause::kOutput};
  if (is_waiting(connection_.io().shared().committer.state())) return {0, Pause::kSpoolWaits};
  if (appender.is_full()) return {0, Pause::kSpoolBusy};
  if (protocol.holds_whole_batch())
    return protocol.may_go_on_with_batch() ? ReadPlan{kReadBytes} : ReadPlan{0, Pause::kMemory};
  if (share.may_begin()) return {begun_needs > kReadBytes ? kLargeReadBytes : kReadBytes};
  // Only to the end of what has begun.
  if (begun_needs > 0 && share.may_continue()) return {begun_needs};
  return {0, Pause::kMemory};
}

ReadPlan Reader::plan() const {
  return connection_.link().is_held() ? ReadPlan{0, Pause::kOutput} : connection_.protocol().plan_read();
}

std::int64_t Reader::pace_deadline_ms(std::int64_t begun_ms, std::uint64_t bytes) const {
  return begun_ms + connection_.io().config()->timeouts.frame_ms +
         static_cast<std::int64_t>(bytes / kPaceBytes) * kPaceMs;
}

std::int64_t Reader::deadline_ms() const {
  if (!paused_) return connection_.protocol().deadline_ms();
  std::int64_t due_ms = connection_.protocol().pause_deadline_ms();
  if (may_be_long(paused_)) due_ms = std::min(due_ms, long_pause_due_ms_);
  return paused_ == Pause::kAmplification ? std::min(due_ms, connection_.credit().until_ms()) : due_ms;
}

void Reader::check_deadline(std::int64_t now_ms) {
  if (!paused_) return now_ms < deadline_ms() ? void() : connection_.protocol().on_deadline();
  if (paused_ == Pause::kAmplification && now_ms >= connection_.credit().until_ms()) go_on_at_end();
  if (now_ms >= connection_.protocol().pause_deadline_ms()) connection_.protocol().on_pause_deadline();
  if (!may_be_long(paused_) || now_ms < long_pause_due_ms_) return;
  long_pause_due_ms_ = now_ms + kLongPauseRepeatMs;
  connection_.protocol().on_long_pause();
}

// ---- pauses ----

void Reader::pause(Pause why) {
  const std::int64_t now_ms = connection_.io().now_ms();
  connection_.link().want_input(false);
  if (!paused_) paused_since_ms_ = now_ms;
  paused_ = why;
  if (may_be_long(paused_) && long_pause_due_ms_ == kNever) long_pause_due_ms_ = now_ms + kLongPauseMs;
  if (waits_for_resources(paused_)) connection_.io().memory_relief().wait(connection_.id());
  if (why == Pause::kAmplification) connection_.memory().batch_done();  // others of its machine go on meanwhile
  if (why == Pause::kTurn) connection_.resume_next_turn();
}

void Reader::go_on(bool may_take_input) {
  if (!paused_ || !connection_.link().is_open()) return;
  Protocol& protocol = connection_.protocol();
  if (const ReadPlan next = plan(); next.bytes == 0) return pause(next.why);  // still, or by something else now
  const bool takes_input = has_more() || !connection_.link().is_watched();
  if (takes_input && (!may_take_input || has_taken_input_ || connection_.io().read_buffer().is_lent()))
    return pause(Pause::kTurn);
  const std::int64_t now_ms = connection_.io().now_ms();
  paused_.reset();
  long_pause_due_ms_ = kNever;
  connection_.link().note_input(now_ms);
  protocol.on_resumed(now_ms - paused_since_ms_);
  if (!connection_.link().is_open()) return;
  if (has_rest()) {
    take_kept_input();
    if (!connection_.link().is_open() || paused_) return;
  }
  if (!connection_.link().is_watched()) return read_rest();
  connection_.link().want_input(true);
  if (connection_.link().has_buffered_input() && !has_taken_input_) read_some();
}

// ---- turns ----

void Reader::take_turn() {
  if (paused_)
    go_on(/*may_take_input=*/true);
  else if (connection_.link().is_watched())
    read_some();
  else
    read_rest();
}

// What goes on here takes no input in: that waits for the connection's next share of the loop's time.
void Reader::end_turn() {
  while (std::exchange(goes_on_, false)) go_on(/*may_take_input=*/false);
  if (connection_.link().is_open() && !paused_ && has_more()) pause(Pause::kTurn);
  has_taken_input_ = false;
}

// The link is no longer watched: goes on by itself, a slice a turn, until the input ends.
void Reader::read_rest() {
  if (!has_taken_input_) read_some();
  if (connection_.link().is_open() && !paused_) pause(Pause::kTurn);
}

void Reader::read_some() {
  Link& link = connection_.link();
  const ReadPlan next = plan();
  if (next.bytes == 0) return link.is_open() ? pause(next.why) : void();
  has_taken_input_ = true;
  const auto loan = connection_.io().read_buffer().lend();
  if (link.is_handshaking()) connection_.budget().count_handshake();
  const net::ReadResult result = link.read(loan.bytes().first(std::min(next.bytes, loan.bytes().size())));
  switch (result.end) {
    case net::ReadResult::End::kAgain:
      return;
    case net::ReadResult::End::kBroken:
      return close_broken();
    case net::ReadResult::End::kEof:
      return connection_.protocol().on_eof();
    case net::ReadResult::End::kNone:
      connection_.budget().count_scanned(result.bytes);
      connection_.credit().received(result.bytes);
      link.note_input(connection_.io().now_ms());
      const std::string_view bytes(loan.bytes().data(), result.bytes);
      return keep_input(bytes.substr(connection_.protocol().on_input(bytes)));
  }
}

void Reader::close_broken() {
  const std::string_view failure = connection_.link().failure();
  if (failure.empty()) return connection_.close_now("reset");
  base::log_warn_limited("tls_failed", {{"conn", connection_.id()},
                                        {"peer", connection_.peer().text},
                                        {"via", word(connection_.input())},
                                        {"detail", failure}});
  connection_.close_now("tls_failed");
}

// ---- kept input ----

bool Reader::has_more() const { return has_rest() || connection_.link().has_buffered_input(); }

bool Reader::has_rest() const { return !kept_input_.empty() || connection_.protocol().holds_whole_batch(); }

void Reader::keep_input(std::string_view rest) {
  if (rest.empty() || !connection_.link().is_open()) return;
  kept_input_.reserve(rest.size() + proto::FrameDecoder::kPaddingBytes);
  kept_input_ = rest;
}

void Reader::take_kept_input() {
  const auto loan = connection_.io().read_buffer().lend();  // nothing else is read meanwhile
  has_taken_input_ = true;
  std::string input = std::exchange(kept_input_, {});
  const std::size_t taken = connection_.protocol().on_input(input);
  if (taken == 0 && connection_.link().is_open())
    kept_input_ = std::move(input);
  else
    keep_input(std::string_view(input).substr(taken));
}

void Reader::drop_kept_input() { base::free_text(kept_input_); }

}  // namespace crawlspool::connection
