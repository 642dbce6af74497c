#include "daemon/http/records_connection.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace crawlspool::http {
namespace {

using ingest::Pause;
using ingest::ReadTime;
using ingest::RejectReason;
using ingest::SpoolState;

constexpr std::string_view kPath = "/v1/records";
constexpr std::size_t kMadePerTurnMax = 1024 * 1024;

bool is_json(std::string_view type) { return type == "application/json"; }
bool is_ndjson(std::string_view type) { return type == "application/x-ndjson" || type == "application/jsonl"; }

std::string_view without_cr(std::string_view line) {
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

// Records of a batch: lines that are not blank.
std::uint64_t count_records(std::string_view body, std::uint64_t enough) {
  std::uint64_t count = 0;
  while (!body.empty() && count < enough) {
    const std::size_t end = std::min(body.find('\n'), body.size());
    if (!without_cr(body.substr(0, end)).empty()) ++count;
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return count;
}

}  // namespace

RecordsConnection::RecordsConnection(ingest::IoLoop& io, ingest::ConnectionId id, const std::string& peer,
                                     ingest::Admission::Ticket ticket)
    : HttpConnection(io, id, ingest::Transport::kHttp, peer, std::move(ticket)),
      origin_(spool::make_origin(word(ingest::Transport::kHttp), peer)) {}

RecordsConnection::~RecordsConnection() { charge(0); }

std::optional<Response> RecordsConnection::judge(const RequestHead& head, std::uint64_t& body_bytes_max) {
  if (head.path != kPath) return error_response(404, "not_found", "records go to POST /v1/records");
  if (head.method != "POST") {
    Response response = error_response(405, "method_not_allowed", "records go to POST /v1/records");
    response.allow = "POST";
    return response;
  }
  if (!is_json(head.content_type) && !is_ndjson(head.content_type))
    return error_response(415, "unsupported_media_type", "application/json and application/x-ndjson are taken");
  if (!head.content_encoding.empty() && head.content_encoding != "identity")
    return error_response(415, "unsupported_media_type", "no Content-Encoding is taken");
  const SpoolState state = io().shared().committer.state();
  if (state == SpoolState::kFailed) return unavailable("spool_failed", "the disk has failed");
  if (state == SpoolState::kDiskFull) return unavailable("disk_full", "the spool takes nothing for now");
  if (!io().shared().memory.may_begin()) return unavailable("memory", "too much is on its way to the disk");
  const config::Limits& limits = io().shared().config.limits;
  body_bytes_max = is_json(head.content_type) ? limits.record_bytes_max : limits.batch_bytes_max;
  return std::nullopt;
}

void RecordsConnection::serve(const RequestHead& head, std::string body) {
  is_batch_ = is_ndjson(head.content_type);
  const std::uint64_t records_max = io().shared().config.limits.batch_records_max;
  if (is_batch_ && count_records(body, records_max + 1) > records_max)
    return respond(error_response(413, "body_too_large", "at most " + std::to_string(records_max) + " records"));
  body_ = std::move(body);
  body_at_ = 0;
  is_taken_ = false;
  index_ = 0;
  accepted_ = 0;
  rejected_.clear();
  only_reject_.reset();
  go_on_serving();
}

void RecordsConnection::go_on_serving() {
  made_this_turn_ = 0;
  // The body, and room for the lines of what is still to be taken, as it was counted while it came.
  charge(body_.capacity() + body_.size() - body_at_);
  if (is_batch_)
    take_lines();
  else
    take_record(body_, io().read_time());
  if (is_batch_ && body_at_ < body_.size()) return go_on_serving_next_turn();
  all_taken();
}

void RecordsConnection::take_lines() {
  const ReadTime when = io().read_time();
  while (body_at_ < body_.size() && made_this_turn_ <= kMadePerTurnMax) {
    const std::size_t end = std::min(body_.find('\n', body_at_), body_.size());
    const std::string_view line = without_cr(std::string_view(body_).substr(body_at_, end - body_at_));
    body_at_ = std::min(end + 1, body_.size());
    if (!line.empty()) take_record(line, when);
  }
}

void RecordsConnection::take_record(std::string_view record, const ReadTime& when) {
  const std::uint64_t record_bytes_max = io().shared().config.limits.record_bytes_max;
  std::optional<RejectReason> reason;
  if (record.size() > record_bytes_max)
    reason = {proto::RejectCode::kRecordTooLarge, "at most " + std::to_string(record_bytes_max) + " bytes", {}};
  else
    reason = io().checker().check(record);
  if (reason) {
    note_reject(record, *reason, when);
  } else {
    made_this_turn_ += io().appender().add_record(origin_, when, 0, record);
    ++accepted_;
    count_record();
  }
  ++index_;
  io().appender().settle(id(), ++taken_seq_, mark_);
}

void RecordsConnection::note_reject(std::string_view record, const RejectReason& reason, const ReadTime& when) {
  made_this_turn_ += keep_reject(record, reason, when, {0, {"index", index_}});
  if (!is_batch_) {
    only_reject_ = reason;
    return;
  }
  if (!rejected_.empty()) rejected_ += ',';
  rejected_ += "{\"index\":" + std::to_string(index_) + ",\"code\":\"" + std::string(proto::word(reason.code)) +
               "\",\"detail\":\"";
  base::append_json_escaped(rejected_, reason.detail);
  rejected_ += '"';
  if (reason.offset) rejected_ += ",\"offset\":" + std::to_string(*reason.offset);
  rejected_ += '}';
}

void RecordsConnection::all_taken() {
  is_taken_ = true;
  base::free_text(body_);
  charge(rejected_.capacity());
  if (settled_seq_ == taken_seq_) return respond(answer());  // there was nothing in it
  pause(Pause::kBusy);
}

void RecordsConnection::settled(std::uint64_t seq) {
  settled_seq_ = seq;
  if (is_serving() && is_taken_ && settled_seq_ == taken_seq_) respond(answer());
}

void RecordsConnection::charge(std::uint64_t bytes) { io().appender().memory().adjust(charged_body_bytes_, bytes); }

Response RecordsConnection::answer() const {
  if (only_reject_) return error_response(400, proto::word(only_reject_->code), only_reject_->detail);
  Response response;
  response.body = "{\"accepted\":" + std::to_string(accepted_) + ",\"rejected\":[" + rejected_ + "]";
  if (!io().shared().committer.syncs_before_ack()) response.body += ",\"ack\":\"written\"";
  response.body += '}';
  return response;
}

}  // namespace crawlspool::http
