#include "daemon/inputs/redis/redis_protocol.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/connection/channel.h"
#include "daemon/connection/io_loop.h"
#include "daemon/inputs/redis/first_bytes.h"
#include "daemon/inputs/redis/resp_replies.h"
#include "proto/names.h"

namespace crawlspool::redis {
namespace {

using connection::Pause;
using connection::ReadPlan;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr std::size_t kBegunReadBytes = 16 * 1024;  // of a begun command while memory is short: its end is not known
constexpr std::size_t kSpareMadeBytes = 64 * 1024;
constexpr std::size_t kKeyShownBytes = 128;

RespLimits limits_of(const config::Limits& limits) {
  // A key, and the names of fields, beside the items.
  constexpr std::uint64_t kBesideItems = 64 * 1024;
  return {limits.record_bytes_max, limits.batch_records_max + 2,
          std::max(limits.batch_bytes_max, limits.record_bytes_max + 1) + kBesideItems};
}

bool is_push(std::string_view name) {
  return is_word(name, "RPUSH") || is_word(name, "LPUSH") || is_word(name, "XADD");
}

std::size_t bytes_of(std::span<const std::string_view> parts) {
  return std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                         [](std::size_t sum, std::string_view part) { return sum + part.size(); });
}

std::string refusal_of(const PushIntake& intake, std::size_t items) {
  const json::RejectReason& reason = *intake.reject();
  std::string detail(reason.detail);
  if (items > 1)
    detail += " (item " + std::to_string(intake.rejected_item()) + " of " + std::to_string(items) + "; none is stored)";
  std::string text;
  append_refusal(text, proto::word(reason.code), detail);
  return text;
}

}  // namespace

RedisProtocol::RedisProtocol(connection::Connection& connection, const config::ListenerSettings& settings)
    : connection_(connection),
      writer_(connection.make_writer()),
      decoder_(limits_of(connection.limits())),
      account_(
          connection.io().shared().authenticator, [&connection] { return connection::channel_of(connection); },
          settings.client),
      talk_(account_, settings.client, connection.id()),
      disk_wait_(connection.io()),
      strip_(settings.strip),
      stream_(settings.stream) {
  writer_.decode_from(settings.decoding);
  writer_.identify({{settings.client, {}, stream_, {}}, std::nullopt, false});
}

RedisProtocol::~RedisProtocol() { drop_held(); }

// ---- reading ----

ReadPlan RedisProtocol::plan_read() {
  if (ending_ || (is_draining_ && !connection_.reader().has_rest())) return {0, Pause::kBusy};
  const bool is_begun = held_ && held_->intake.is_begun();
  if (!is_begun && connection_.credit().must_wait(connection_.io().now_ms())) return {0, Pause::kAmplification};
  const std::int64_t wait_ms = is_begun ? 0 : writer_.rate_wait_ms();
  rate_until_ms_ = wait_ms == 0 ? kNever : connection_.io().now_ms() + wait_ms;
  if (wait_ms > 0) return {0, Pause::kRate};
  if (replies_.is_full()) return {0, Pause::kBusy};
  if (disk_wait_.is_spool_waiting()) return plan_while_spool_waits();
  const std::size_t needs = decoder_.has_begun() ? std::max(decoder_.bytes_needed(), kBegunReadBytes) : 0;
  return connection_.reader().plan_records(needs);
}

// What brings no items is answered all the same, unless it stands behind something that waits.
ReadPlan RedisProtocol::plan_while_spool_waits() {
  if (connection_.link().unsent_bytes() > connection::Reader::kUnsentBytesMax) return {0, Pause::kOutput};
  if (held_ && held_->intake.is_begun()) return {kReadBytes};
  if (!disk_wait_.is_refusing() && (held_ || !replies_.empty())) return {0, Pause::kSpoolWaits};
  connection::MemoryShares::Member& share = connection_.memory().share();
  if (held_ || share.may_begin()) return {kReadBytes};
  return decoder_.has_begun() && share.may_continue() ? ReadPlan{kBegunReadBytes} : ReadPlan{0, Pause::kMemory};
}

std::size_t RedisProtocol::on_input(std::string_view bytes) {
  if (!bytes.empty() && !std::exchange(any_input_, true))
    if (const auto other = recognise_first_bytes(bytes)) {
      std::string text;
      append_refusal(text, proto::word(proto::ErrorWord::kWrongProtocol), *other);
      end(text, proto::word(proto::ErrorWord::kWrongProtocol));
      return bytes.size();
    }
  std::string_view rest = bytes;
  const bool had_begun = decoder_.has_begun();
  const bool took_command = take_commands(rest);
  if (ending_) return bytes.size();
  if (took_command || !had_begun) command_begun_ms_ = connection_.io().now_ms();
  connection::MemoryUse& memory = connection_.memory();
  if (memory.share().has_place() && !held_ && !(decoder_.has_begun() && memory.share().needs_place()))
    memory.batch_done();
  const bool is_all_taken = rest.empty() && !held_;
  if (is_draining_ && is_all_taken)
    end_by_drain();
  else if (is_old_ && is_all_taken && !decoder_.has_begun())
    on_old();
  else
    send_or_finish();
  return bytes.size() - rest.size();
}

bool RedisProtocol::may_take_command() const {
  return !ending_ && !held_ && !replies_.is_full() && !connection_.link().is_held() &&
         !connection_.budget().is_spent() && connection_.link().unsent_bytes() <= connection::Reader::kUnsentBytesMax;
}

// True if there was one at least.
bool RedisProtocol::take_commands(std::string_view& input) {
  const commit::ReadTime when = connection_.io().read_time();
  bool took_command = held_.has_value();
  if (held_) take_push(held_->command.parts(), when);
  while (may_take_command()) {
    const auto step = decoder_.next(input);
    if (step == RespDecoder::Step::kNeedMore) return took_command;
    if (step == RespDecoder::Step::kRefused) {
      std::string text;
      append_error(text, "ERR Protocol error: " + decoder_.refusal());
      end(text, proto::word(proto::ErrorWord::kBadFrame));
      return true;
    }
    connection_.budget().count_command();
    if (!decoder_.parts().empty()) take(decoder_.parts(), when);
    took_command = true;
  }
  decoder_.command_taken();
  return took_command;
}

// ---- commands ----

void RedisProtocol::reply_error(std::string_view text) {
  std::string error;
  append_error(error, text);
  replies_.add(error, connection_.link().output());
}

void RedisProtocol::take(Parts parts, const commit::ReadTime& when) {
  if (is_push(parts[0])) return take_push(parts, when);
  if (const auto other = recognise_command(parts)) {
    std::string text;
    append_refusal(text, proto::word(proto::ErrorWord::kWrongProtocol), *other);
    return end(text, proto::word(proto::ErrorWord::kWrongProtocol));
  }
  if (take_transaction_word(parts[0])) return reply_error("ERR " + unknown_command(parts));
  std::string text;
  const auto after = talk_.answer(parts, text);
  if (!after) return reply_error("ERR " + unknown_command(parts));
  replies_.add(text, connection_.link().output());
  if (const std::int64_t wait_ms = account_.take_wait_ms(); wait_ms > 0)
    connection_.link().hold_output_until(connection_.io().now_ms() + wait_ms);
  if (after == ClientTalk::After::kEnd) return end({}, proto::word(proto::GoodbyeReason::kBye));
  if (after != ClientTalk::After::kNamed) return;
  has_key_ = false;
  if (account_.sender().client != writer_.names().client) enter_client();
}

// Pipelined commands come whether MULTI was refused or not: a retry of the whole would store its items again and again.
bool RedisProtocol::take_transaction_word(std::string_view name) {
  if (is_word(name, "RESET")) is_in_transaction_ = false;
  if (is_word(name, "MULTI")) return is_in_transaction_ = true;
  if (!is_word(name, "EXEC") && !is_word(name, "DISCARD")) return false;
  is_in_transaction_ = false;
  return true;
}

void RedisProtocol::enter_client() {
  const std::string& client = account_.sender().client;
  writer_.identify({{client, {}, writer_.names().stream, {}}, std::nullopt, false});
  connection_.ticket().leave_client();
  const auto limit = connection_.ticket().name_client(client);
  if (!limit) return;
  base::log_warn_limited("conn_refused", {{"conn", connection_.id()},
                                          {"peer", connection_.peer().text},
                                          {"client", client},
                                          {"limit", limit->key},
                                          {"max", limit->max}});
  refuse(*limit);
}

// Has the writer name the stream that `key` stands for; false if it names none, which is replied.
bool RedisProtocol::identify(std::string_view key) {
  if (has_key_ && key == last_key_) return true;
  std::string_view stream = key;
  if (!strip_.empty() && stream.ends_with(strip_)) stream.remove_suffix(strip_.size());
  if (stream.empty()) stream = stream_;
  if (!stream.empty() && !proto::is_stream_name(stream)) {
    std::string text = "ERR crawlspool bad_stream the key, which becomes the stream, is ";
    reply_error((text += proto::kStreamNameRule) += ": " + std::string(key.substr(0, kKeyShownBytes)));
    return false;
  }
  std::string named(stream);
  if (const std::string error = account_.admit(named); !error.empty()) return reply_error(error), false;
  const auth::Sender& sender = account_.sender();
  writer_.identify({{sender.client, {}, std::move(named), sender.user}, std::nullopt, false, sender.usage});
  last_key_ = key;
  has_key_ = true;
  return true;
}

void RedisProtocol::take_push(Parts parts, const commit::ReadTime& when) {
  if (is_in_transaction_) {
    constexpr std::string_view kName = "MULTI";
    return reply_error("ERR " + unknown_command({&kName, 1}));
  }
  thread_local std::string made;  // its memory is used again
  std::string_view record;
  Pushed pushed;
  pushed.is_xadd = is_word(parts[0], "XADD");
  std::string_view key;
  if (pushed.is_xadd) {
    const auto entry = read_xadd(parts);
    if (!entry) return reply_error("ERR " + entry.error());
    key = entry->key;
    const std::uint64_t record_bytes_max = connection_.limits().record_bytes_max;
    FieldDecoder decoder(writer_.decoding(), connection_.io().transcoder(), connection_.budget(), record_bytes_max);
    const EntryRecord made_of = record_of(*entry, record_bytes_max, RespDecoder::kPaddingBytes, decoder, made);
    record = made_of.text;
    pushed.items = Parts(&record, 1);
    if (made_of.is_made) pushed.made = {record, decoder.has_decoded(), decoder.replaced()};
  } else {
    const auto push = read_push(parts);
    if (!push) return reply_error("ERR " + push.error());
    key = push->key;
    pushed.items = push->items;
  }
  if (!identify(key)) return;
  PushIntake intake = held_ ? held_->intake : PushIntake();
  const bool is_done = take_items(pushed, intake, when);
  if (made.capacity() > kSpareMadeBytes) base::free_text(made);
  if (held_) {
    held_->intake = intake;
    if (is_done) drop_held();
  } else if (!is_done) {
    held_.emplace(decoder_, intake);
  }
}

// False if there are more to be taken, now or once they may be.
bool RedisProtocol::take_items(const Pushed& pushed, PushIntake& intake, const commit::ReadTime& when) {
  const Parts items = pushed.items;
  if (!intake.is_begun() && disk_wait_.is_spool_waiting()) {
    if (!disk_wait_.is_refusing()) {
      disk_wait_.begin();
      return false;
    }
    replies_.add(disk_wait_.error(), connection_.link().output());
    return true;
  }
  if (items.size() > 1 && !held_ && !connection_.memory().share().may_take_in(bytes_of(items))) return false;
  const auto step = pushed.made ? intake.take_made(*pushed.made, writer_, when)
                                : intake.step(items, writer_, connection_.budget(), when);
  if (step == PushIntake::Step::kMore) return false;
  std::string text;
  if (step == PushIntake::Step::kRejected)
    text = refusal_of(intake, items.size());
  else if (pushed.is_xadd)
    append_bulk(text, std::to_string(writer_.taken()) + "-0");
  else
    append_integer(text, items.size());
  replies_.add_for_records(writer_.taken(), text);
  return true;
}

void RedisProtocol::drop_held() {
  if (!held_) return;
  held_.reset();
  connection_.memory().batch_done();
}

}  // namespace crawlspool::redis
