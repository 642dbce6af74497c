#include "daemon/inputs/http/records_handler.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/connection/channel.h"
#include "daemon/connection/io_loop.h"
#include "daemon/inputs/http/authorization.h"
#include "proto/names.h"

namespace crawlspool::http {
namespace {

using commit::ReadTime;
using commit::SpoolState;
using connection::Pause;
using intake::BatchIntake;
using intake::Encoding;
using json::RejectReason;
using Verdict = session::LeaseReply::Verdict;

constexpr std::string_view kPath = "/v1/records";

bool is_json(std::string_view type) { return type == "application/json"; }
bool is_ndjson(std::string_view type) {
  return type == "application/x-ndjson" || type == "application/ndjson" || type == "application/jsonl" ||
         type == "application/x-jsonlines";
}

bool is_plain(std::string_view encoding) { return encoding.empty() || encoding == "identity"; }
std::optional<Encoding> compression(std::string_view encoding) {
  if (encoding == "zstd") return Encoding::kZstd;
  if (encoding == "gzip" || encoding == "x-gzip") return Encoding::kGzip;
  return std::nullopt;
}

// What a browser asks before it lets a page send records: yes.
Response preflight_answer() {
  Response response;
  response.status = 204;
  response.more_headers =
      "Access-Control-Allow-Methods: POST\r\n"
      "Access-Control-Allow-Headers: Authorization, Content-Type, Content-Encoding, Crawlspool-Client, "
      "Crawlspool-Stream, "
      "Crawlspool-Session, Crawlspool-Seq, Crawlspool-From\r\n"
      "Access-Control-Allow-Private-Network: true\r\n"
      "Access-Control-Max-Age: 600\r\n";
  return response;
}

Response bad_request(std::string_view detail) { return error_response(400, "bad_request", detail); }

void append_number(std::string& out, std::string_view key, std::uint64_t number) {
  std::array<char, 20> digits{};
  auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  (out += key).append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// One member of the answer's array.
void append_verdict(TextPieces& rejected, std::uint64_t index, const RejectReason& reason) {
  thread_local std::string verdict;  // its memory is used again
  verdict = rejected.empty() ? "" : ",";
  append_number(verdict, "{\"index\":", index);
  ((verdict += ",\"code\":\"") += proto::word(reason.code)) += "\",\"detail\":\"";
  base::append_json_escaped(verdict, reason.detail);
  verdict += '"';
  if (reason.offset) append_number(verdict, ",\"offset\":", *reason.offset);
  verdict += '}';
  rejected.append(verdict);
}

}  // namespace

RecordsHandler::RecordsHandler(HttpProtocol& http, const config::ListenerSettings& settings)
    : http_(http),
      connection_(http.connection()),
      usual_decoding_(settings.decoding),
      usual_names_{settings.client, {}, settings.stream},
      writer_(connection_.make_writer()) {}

RecordsHandler::~RecordsHandler() { connection_.memory().batch_done(); }

// ---- before the body ----

std::optional<Response> RecordsHandler::check(const RequestHead& head, std::uint64_t& body_bytes_max) {
  if (auto foreign = judge_sender(head.browser)) return foreign;
  if (head.path != kPath) return error_response(404, "not_found", "records go to POST /v1/records");
  if (head.method == "OPTIONS" && head.browser.origin && head.browser.is_preflight) return preflight_answer();
  if (head.method != "POST") {
    Response response = error_response(405, "method_not_allowed", "records go to POST /v1/records");
    response.allow = "POST";
    return response;
  }
  if (!is_json(head.content_type) && !is_ndjson(head.content_type))
    return error_response(415, "unsupported_media_type",
                          "Content-Type is application/json for one record, application/x-ndjson for lines of them");
  if (!is_plain(head.content_encoding) && !compression(head.content_encoding))
    return error_response(415, "unsupported_media_type", "Content-Encoding is gzip, zstd or identity, and one of them");
  auto client = read_client(head.fields);
  if (!client) return bad_request(client.error());
  request_ = Request{};
  request_.client = std::move(*client);
  spool::ClientNames& names = request_.client.names;
  if (names.client.empty()) names.client = usual_names_.client;
  if (names.stream.empty()) names.stream = usual_names_.stream;
  if (auto refused = judge_user(head)) return refused;
  if (auto unknown = judge_charset(head)) return unknown;
  if (auto unavailable = judge_resources()) return unavailable;
  const bool is_one_record = is_json(head.content_type) && is_plain(head.content_encoding);
  body_bytes_max = is_one_record ? connection_.limits().record_bytes_max : connection_.limits().batch_bytes_max;
  return std::nullopt;
}

std::optional<Response> RecordsHandler::judge_charset(const RequestHead& head) {
  const auto unsupported = [](std::string_view detail) {
    return error_response(415, "unsupported_media_type", detail);
  };
  request_.decoding = usual_decoding_;
  if (head.charset) {
    const auto charset = proto::find_charset(*head.charset);
    if (!charset) return unsupported("Content-Type's charset is " + std::string(proto::kCharsetRule));
    if (!connection_.io().transcoder().charsets().has(*charset)) return unsupported(intake::no_codec_detail(*charset));
    request_.decoding.charset = *charset;
  }
  if (!is_ndjson(head.content_type) || has_lines(request_.decoding.charset)) return std::nullopt;
  return unsupported("in " + std::string(word(request_.decoding.charset)) +
                     " no byte ends a line; send one record a request, as application/json");
}

// Any page can have a browser on this machine send it here, under a name of its own, too; only those that the
// configuration names may. No other program says that it sends for a page.
std::optional<Response> RecordsHandler::judge_sender(const BrowserFields& browser) {
  const auto& origins = connection_.io().config()->http.origins;
  if (browser.origin && std::find(origins.begin(), origins.end(), *browser.origin) != origins.end()) {
    http_.allow_origin(*browser.origin);
    return std::nullopt;
  }
  if (!browser.origin && (browser.fetch_site.empty() || browser.fetch_site == "none")) return std::nullopt;
  const std::string who = browser.origin ? "Origin " + *browser.origin : "Sec-Fetch-Site " + browser.fetch_site;
  base::log_warn_limited("origin_refused",
                         {{"peer", connection_.peer().text}, {"origin", browser.origin.value_or("")}});
  return error_response(403, "foreign_origin",
                        who + ": a page sends this; http.origins in crawlspoold.yaml lists the origins that may");
}

std::optional<Response> RecordsHandler::judge_user(const RequestHead& head) {
  auth::Authenticator& authenticator = connection_.io().shared().authenticator;
  spool::ClientNames& names = request_.client.names;
  const auto token = token_of(head.authorization);
  auto sender = authenticator.identify(connection::channel_of(connection_), {token, std::move(names.client)});
  if (!sender) return refusal_response(connection_, sender.error(), Asks::kPrograms);
  if (const auto forbidden = sender->forbids(names.stream))
    return refusal_response(connection_, *forbidden, Asks::kPrograms);
  names.client = std::move(sender->client);
  names.user = std::move(sender->user);
  request_.usage = std::move(sender->usage);
  const std::int64_t wait_ms = request_.usage ? request_.usage->wait_ms() : 0;
  if (wait_ms == 0) return std::nullopt;
  Response response = error_response(429, proto::word(proto::SlowReason::kRate),
                                     "the tokens of " + names.user + " have a rate, and it is used up");
  response.retry_after_s = static_cast<int>(wait_ms / 1000 + 1);
  return response;
}

std::size_t RecordsHandler::held_wire_bytes() const { return request_.intake ? request_.intake->wire_bytes() : 0; }

// What was made of the requests before it is too much for what they were.
Response RecordsHandler::over_amplification() const {
  Response response = unavailable("amplification", "limits.amplification_max is " +
                                                       std::to_string(connection_.limits().amplification_max) +
                                                       "; too much was made of what this address sent");
  response.retry_after_s = static_cast<int>(connection_.credit().wait_ms(connection_.io().now_ms()) / 1000 + 1);
  return response;
}

std::optional<Response> RecordsHandler::judge_resources() {
  if (connection_.credit().must_wait(connection_.io().now_ms())) return over_amplification();
  const SpoolState state = connection_.io().shared().committer.state();
  if (state == SpoolState::kFailed) return unavailable("spool_failed", "the disk has failed");
  if (commit::is_waiting(state))
    return unavailable(proto::word(commit::slow_reason(state)), "the spool takes nothing for now");
  if (!connection_.memory().share().may_begin()) return unavailable("memory", "too much is on its way to the disk");
  return std::nullopt;
}

// ---- the request, a turn's worth at a time ----

void RecordsHandler::serve(const RequestHead& head, std::string body) {
  request_.is_batch = is_ndjson(head.content_type);
  const auto& session = request_.client.session;
  writer_.decode_from(request_.decoding);
  writer_.identify({std::move(request_.client.names), session ? std::optional(session->key) : std::nullopt, false,
                    std::move(request_.usage)});
  const auto holds = request_.is_batch ? BatchIntake::Holds::kRecords : BatchIntake::Holds::kOneRecord;
  if (const auto encoding = compression(head.content_encoding))
    request_.intake.emplace(holds, *encoding, intake::Parts::kAny, std::move(body), connection_.limits());
  else
    request_.intake.emplace(holds, std::move(body), connection_.limits());
  if (connection_.credit().must_wait_before_making(*request_.intake, writer_.origin(), connection_.io().now_ms()))
    return turn_down(over_amplification());
  return may_continue_serving() ? continue_serving() : http_.continue_next_turn();
}

void RecordsHandler::continue_serving() {
  if (request_.stage == Stage::kDecompressing) decompress();
  if (request_.stage == Stage::kTaking && http_.is_serving()) take_some();
}

void RecordsHandler::decompress() {
  switch (request_.intake->step(connection_.budget())) {
    case BatchIntake::Step::kMore:
      return http_.continue_next_turn();
    case BatchIntake::Step::kTooLarge:
      return turn_down(error_response(413, "body_too_large", request_.intake->detail()));
    case BatchIntake::Step::kBroken:
      return turn_down(error_response(400, "bad_batch", request_.intake->detail()));
    case BatchIntake::Step::kReady:
      break;
  }
  if (auto refusal = judge_numbers()) return turn_down(std::move(*refusal));
  if (request_.client.session) return request_lease();
  request_.stage = Stage::kTaking;
}

// Of all the body's records, before the first is taken in.
std::optional<Response> RecordsHandler::judge_numbers() const {
  if (!request_.client.session) return std::nullopt;
  const std::uint64_t left = proto::kSeqMax - request_.client.session->first_seq + 1;
  const std::uint64_t records_max = request_.is_batch ? connection_.limits().batch_records_max : 1;
  if (records_max <= left || proto::count_records(request_.intake->content(), left + 1) <= left) return std::nullopt;
  return bad_request("Crawlspool-Seq is " + std::to_string(request_.client.session->first_seq) +
                     " and the body's records go beyond 2^53 - 1, where numbers end");
}

void RecordsHandler::take_some() {
  const ReadTime when = connection_.io().read_time();
  if (!request_.is_batch) {
    // With a session, nothing at all asks for the session's number.
    if (!(request_.client.session && request_.intake->content().empty())) take_record(request_.intake->content(), when);
    return all_taken();
  }
  while (!connection_.budget().is_spent()) {
    const auto record = request_.intake->next(connection_.budget());
    if (record)
      take_record(*record, when);
    else if (request_.intake->is_at_end())
      return all_taken();
  }
  http_.continue_next_turn();
}

// The next record's number in its session; 0 without one.
std::uint64_t RecordsHandler::seq_of_next() const {
  return request_.client.session ? request_.client.session->first_seq + request_.index : 0;
}

void RecordsHandler::take_record(std::string_view record, const ReadTime& when) {
  const std::uint64_t seq = seq_of_next();
  if (seq != 0 && seq <= request_.last_seq) {
    ++request_.skipped;
    ++request_.index;
    connection_.budget().count_scanned(record.size(), 1);
    return;
  }
  if (const auto reason = writer_.write(record, {seq, {"index", request_.index}}, when))
    note_reject(*reason);
  else
    ++request_.accepted;
  ++request_.index;
}

void RecordsHandler::note_reject(const json::RejectReason& reason) {
  if (request_.is_batch)
    append_verdict(request_.rejected, request_.index, reason);
  else
    request_.only_reject = reason;
}

void RecordsHandler::all_taken() {
  request_.stage = Stage::kTaken;
  request_.intake.reset();
  connection_.memory().batch_done();
  writer_.release_session();
  if (writer_.all_synced()) return finish_request(answer());  // nothing new was in it
  connection_.reader().pause(Pause::kBusy);
}

void RecordsHandler::on_synced(std::uint64_t seq) {
  writer_.on_synced(seq);
  if (http_.is_serving() && request_.stage == Stage::kTaken && writer_.all_synced()) finish_request(answer());
}

void RecordsHandler::finish_request(Response response) {
  writer_.release_session();
  connection_.memory().batch_done();
  request_ = Request{};
  http_.respond(std::move(response));
}

// Of a body that is being taken in the rest waits for the disk alone.
void RecordsHandler::on_drain_end() {
  const bool is_begun = request_.stage == Stage::kTaken || (request_.intake && request_.intake->is_begun());
  if (!http_.is_serving() || is_begun) return;
  turn_down(unavailable("draining", "the server is stopping"));
}

// ---- the session ----

void RecordsHandler::request_lease() {
  request_.stage = Stage::kAwaitingSession;
  connection_.memory().batch_done();  // the sync of what came before this may be waiting for it
  writer_.request_lease();
}

bool RecordsHandler::on_session(const session::LeaseRequest& answered) {
  if (!connection_.link().is_open() || !writer_.take_reply(answered)) return false;
  const std::uint64_t sessions_max = connection_.io().config()->spool.sessions_max;
  switch (answered.reply.verdict) {
    case Verdict::kGranted:
      go_on_from(connection_.io().leases().last_seq(answered, request_.client.session->from));
      break;
    case Verdict::kOtherClient:
    case Verdict::kOtherUser:
      turn_down(
          error_response(409, proto::word(proto::ErrorWord::kSessionMismatch), refusal_detail(answered, sessions_max)));
      break;
    case Verdict::kTooMany:
      turn_down(unavailable(proto::word(proto::ErrorWord::kTooManySessions), refusal_detail(answered, sessions_max)));
      break;
  }
  return true;
}

void RecordsHandler::go_on_from(std::uint64_t last_seq) {
  request_.stage = Stage::kTaking;
  request_.last_seq = last_seq;
  if (request_.client.session->first_seq > request_.last_seq + 1) {
    turn_down(error_response(409, "session_gap",
                             "Crawlspool-Seq is " + std::to_string(request_.client.session->first_seq) +
                                 "; the session's next record is " + std::to_string(request_.last_seq + 1)));
  } else {
    http_.continue_next_turn();
  }
}

// Nothing of the request was taken in.
void RecordsHandler::turn_down(Response response) {
  const bool knows_number = request_.client.session && request_.stage == Stage::kTaking;
  if (knows_number) response.body.insert(response.body.size() - 1, session_members());
  finish_request(std::move(response));
}

// ---- the answer ----

// The body, what is decompressed of it, and the verdicts so far. Its lines are the appender's, which holds few at a
// time.
std::size_t RecordsHandler::held_bytes() const {
  return (request_.intake ? request_.intake->held_bytes() : 0) + request_.rejected.held_bytes();
}

std::string RecordsHandler::session_members() const {
  const std::uint64_t last = request_.index == 0 ? 0 : request_.client.session->first_seq + request_.index - 1;
  return ",\"last_seq\":" + std::to_string(std::max(request_.last_seq, last)) +
         ",\"skipped\":" + std::to_string(request_.skipped);
}

Response RecordsHandler::answer() {
  std::string more;
  if (request_.client.session) more += session_members();
  if (!request_.only_reject && !connection_.io().shared().committer.syncs_before_ack()) more += ",\"ack\":\"written\"";
  Response response;
  if (request_.only_reject) {
    response = error_response(400, proto::word(request_.only_reject->code), request_.only_reject->detail);
    response.body.insert(response.body.size() - 1, more);
    return response;
  }
  response.body = "{\"accepted\":" + std::to_string(request_.accepted) + ",\"rejected\":[";
  response.more_body = std::move(request_.rejected);
  response.more_body.append("]" + more + "}");
  return response;
}

}  // namespace crawlspool::http
