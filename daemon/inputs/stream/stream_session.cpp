// What a stream connection says and hears first: hello, its session, welcome.
#include <algorithm>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/base/version.h"
#include "daemon/connection/io_loop.h"
#include "daemon/inputs/stream/stream_connection.h"
#include "daemon/session/key.h"

namespace crawlspool::stream {
namespace {

using proto::AckLevel;
using proto::ErrorWord;
using Verdict = session::SessionAnswer::Verdict;

constexpr std::int64_t kSupersededReconnectMs = 1000;

}  // namespace

void StreamConnection::take_hello(std::string_view payload) {
  if (any_frame_taken_)
    return end_with_error({.code = ErrorWord::kBadHello, .detail = "a hello is the first frame or none"});
  if (const auto reason = io().checker().check(payload))
    return end_with_error({.code = ErrorWord::kBadHello,
                           .detail = std::string("a hello is a JSON object: ").append(reason->detail.view())});
  auto hello = proto::parse_hello(payload);
  if (!hello) return end_with_error({.code = ErrorWord::kBadHello, .detail = hello.error()});
  hello_ = std::move(*hello);
  identify();
  if (writer_.has_session()) return writer_.claim_session();
  if (enter_client()) welcome({}, 0);
}

void StreamConnection::identify() {
  intake::RecordWriter::Identity identity;
  identity.names.client = hello_.client;
  identity.names.stream = hello_.stream;
  if (!hello_.session.empty()) {
    identity.session = session::session_key(hello_.session);
    identity.names.session = spool::session_digits(*identity.session);
  }
  base::free_text(hello_.session);  // a secret
  identity.acks_once_written = hello_.ack == AckLevel::kWritten;
  writer_.identify(std::move(identity));
}

proto::ErrorMessage StreamConnection::too_many_connections(const connection::LimitMet& limit) {
  return {.code = ErrorWord::kTooManyConnections,
          .detail = std::string(limit.key) + " is " + std::to_string(limit.max),
          .limit = limit.key,
          .max = limit.max};
}

// The place among the client's connections; false if there is none, and the connection ends.
bool StreamConnection::enter_client() {
  const auto limit = ticket().name_client(hello_.client);
  if (!limit) return true;
  base::log_warn_limited(
      "conn_refused",
      {{"conn", id()}, {"peer", peer()}, {"client", hello_.client}, {"limit", limit->key}, {"max", limit->max}});
  end_with_error(too_many_connections(*limit));
  return false;
}

bool StreamConnection::on_session_answered(const session::SessionQuestion& question) {
  if (!writer_.take_answer(question)) return false;
  const std::uint64_t sessions_max = io().config()->spool.sessions_max;
  switch (question.answer.verdict) {
    case Verdict::kGranted:
      if (enter_client()) welcome(question.answer, io().session_claims().last_seq(question, hello_.from));
      break;
    case Verdict::kOtherClient:
      end_with_error({.code = ErrorWord::kSessionMismatch, .detail = refusal_detail(question, sessions_max)});
      break;
    case Verdict::kTooMany:
      end_with_error({.code = ErrorWord::kTooManySessions,
                      .detail = refusal_detail(question, sessions_max),
                      .limit = "sessions_max",
                      .max = sessions_max});
      break;
  }
  return true;
}

void StreamConnection::welcome(const session::SessionAnswer& answer, std::uint64_t last_seq) {
  writer_.start_at(acked_seq_ = last_seq);
  base::log_info_limited("hello", {{"conn", id()},
                                   {"peer", peer()},
                                   {"client", names().client},
                                   {"stream", names().stream},
                                   {"session", names().session},
                                   {"last_seq", last_seq}});
  const bool is_synced = hello_.ack == AckLevel::kSynced && io().shared().committer.syncs_before_ack();
  proto::append_welcome(output(), {.server = std::string("crawlspoold ") + std::string(kVersion),
                                   .last_seq = last_seq,
                                   .known = answer.known,
                                   .rejected = answer.rejected,
                                   .ack = is_synced ? AckLevel::kSynced : AckLevel::kWritten,
                                   .record_bytes_max = limits().record_bytes_max,
                                   .batch_bytes_max = limits().batch_bytes_max,
                                   .batch_records_max = limits().batch_records_max,
                                   .idle_timeout_ms = io().config()->timeouts.idle_ms});
  send(true);
  if (paused() == connection::Pause::kSession) resume();
}

// A newer connection goes on with the session: nothing more is taken in here.
void StreamConnection::on_session_claimed() {
  ticket().leave_client();
  base::log_info_limited("session_superseded", {{"conn", id()}, {"peer", peer()}, {"session", names().session}});
  end_with_goodbye({.reason = proto::GoodbyeReason::kSuperseded,
                    .detail = "another connection goes on with this session",
                    .reconnect_after_ms = kSupersededReconnectMs});
}

}  // namespace crawlspool::stream
