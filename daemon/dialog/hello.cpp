// What is said first: hello, its session, welcome.
#include <utility>

#include "daemon/base/log.h"
#include "daemon/base/text.h"
#include "daemon/base/version.h"
#include "daemon/connection/channel.h"
#include "daemon/connection/io_loop.h"
#include "daemon/dialog/dialog.h"
#include "daemon/session/key.h"

namespace crawlspool::dialog {
namespace {

using proto::AckLevel;
using proto::ErrorWord;
using Verdict = session::LeaseReply::Verdict;

constexpr std::int64_t kSupersededReconnectMs = 1000;

// Who guesses tokens waits for the answer. The refusal outlives what is returned.
proto::ErrorMessage held_back(connection::Connection& connection, const auth::Refusal& refusal) {
  if (refusal.wait_ms > 0) connection.link().hold_output_until(connection.io().now_ms() + refusal.wait_ms);
  const bool is_unknown = refusal.kind == auth::Refusal::Kind::kUnauthorized;
  return {.code = is_unknown ? ErrorWord::kUnauthorized : ErrorWord::kForbidden, .detail = refusal.detail};
}

}  // namespace

void Dialog::take_hello(proto::Hello hello) {
  if (hello.client.empty()) hello.client = writer_.names().client;
  if (hello.stream.empty()) hello.stream = writer_.names().stream;
  auth::Authenticator& authenticator = connection_.io().shared().authenticator;
  auto sender = authenticator.identify(connection::channel_of(connection_), {hello.token, std::move(hello.client)});
  if (hello.token) base::free_text(*hello.token);  // a secret
  if (!sender) return end_with_error(held_back(connection_, sender.error()));
  if (const auto forbidden = sender->forbids(hello.stream)) return end_with_error(held_back(connection_, *forbidden));
  from_ = hello.from;
  ack_ = hello.ack;
  heartbeat_.take_part(hello.heartbeat);
  if (hello.charset) {
    if (!connection_.io().transcoder().charsets().has(*hello.charset))
      return end_with_error({.code = ErrorWord::kBadHello, .detail = intake::no_codec_detail(*hello.charset)});
    writer_.decode_from({*hello.charset, writer_.decoding().replaces});
  }
  identify(std::move(*sender), std::move(hello.stream), hello.session);
  base::free_text(hello.session);  // a secret
  if (writer_.has_session()) return writer_.request_lease();
  if (enter_client()) welcome({}, 0);
}

bool Dialog::admit_silent() {
  auth::Authenticator& authenticator = connection_.io().shared().authenticator;
  auto sender = authenticator.identify(connection::channel_of(connection_), {{}, writer_.names().client});
  if (sender && sender->user.empty() && sender->client == writer_.names().client) return true;
  if (sender) return identify(std::move(*sender), writer_.names().stream, {}), true;
  end_with_error(held_back(connection_, sender.error()));
  return false;
}

void Dialog::identify(std::string client, std::string stream) {
  auth::Sender sender;
  sender.client = std::move(client);
  identify(std::move(sender), std::move(stream), {});
}

void Dialog::identify(auth::Sender sender, std::string stream, std::string_view session) {
  intake::RecordWriter::Identity identity;
  identity.names.client = std::move(sender.client);
  identity.names.user = std::move(sender.user);
  identity.usage = std::move(sender.usage);
  identity.names.stream = std::move(stream);
  if (!session.empty()) {
    identity.session = session::session_key(session);
    identity.names.session = spool::session_digits(*identity.session);
  }
  identity.acks_once_written = ack_ == AckLevel::kWritten;
  writer_.identify(std::move(identity));
}

void Dialog::refuse(const connection::LimitMet& limit) {
  const std::string detail = std::string(limit.key) + " is " + std::to_string(limit.max);
  end_with_error({.code = ErrorWord::kTooManyConnections, .detail = detail, .limit = limit.key, .max = limit.max});
}

// Takes the place among the client's connections; false if there is none, and the dialog ends.
bool Dialog::enter_client() {
  const auto limit = connection_.ticket().name_client(writer_.names().client);
  if (!limit) return true;
  base::log_warn_limited("conn_refused", {{"conn", connection_.id()},
                                          {"peer", connection_.peer().text},
                                          {"client", writer_.names().client},
                                          {"limit", limit->key},
                                          {"max", limit->max}});
  refuse(*limit);
  return false;
}

bool Dialog::on_session(const session::LeaseRequest& answered) {
  if (!writer_.take_reply(answered)) return false;
  const std::uint64_t sessions_max = connection_.io().config()->spool.sessions_max;
  switch (answered.reply.verdict) {
    case Verdict::kGranted:
      if (enter_client()) welcome(answered.reply, connection_.io().leases().last_seq(answered, from_));
      break;
    case Verdict::kOtherClient:
    case Verdict::kOtherUser:
      end_with_error({.code = ErrorWord::kSessionMismatch, .detail = refusal_detail(answered, sessions_max)});
      break;
    case Verdict::kTooMany:
      end_with_error({.code = ErrorWord::kTooManySessions,
                      .detail = refusal_detail(answered, sessions_max),
                      .limit = "sessions_max",
                      .max = sessions_max});
      break;
  }
  return true;
}

void Dialog::welcome(const session::LeaseReply& reply, std::uint64_t last_seq) {
  writer_.start_at(acked_seq_ = last_seq);
  base::log_info_limited("hello", {{"conn", connection_.id()},
                                   {"peer", connection_.peer().text},
                                   {"client", writer_.names().client},
                                   {"user", writer_.names().user},
                                   {"stream", writer_.names().stream},
                                   {"session", writer_.names().session},
                                   {"last_seq", last_seq}});
  const bool is_synced = ack_ == AckLevel::kSynced && connection_.io().shared().committer.syncs_before_ack();
  if (!is_silent()) {
    proto::append_welcome(output(),
                          {.server = std::string("crawlspoold ") + std::string(kVersion),
                           .last_seq = last_seq,
                           .known = reply.known,
                           .rejected = reply.rejected,
                           .ack = is_synced ? AckLevel::kSynced : AckLevel::kWritten,
                           .record_bytes_max = connection_.limits().record_bytes_max,
                           .batch_bytes_max = connection_.limits().batch_bytes_max,
                           .batch_records_max = connection_.limits().batch_records_max,
                           .idle_timeout_ms = connection_.io().config()->timeouts.idle_ms},
                          framing_);
    connection_.send(true);
  }
  if (connection_.reader().paused() == connection::Pause::kSession) connection_.resume();
}

// A newer connection goes on with the session: nothing more is taken in here.
void Dialog::on_session_lost() {
  connection_.ticket().leave_client();
  base::log_info_limited(
      "session_superseded",
      {{"conn", connection_.id()}, {"peer", connection_.peer().text}, {"session", writer_.names().session}});
  end_with_goodbye(proto::GoodbyeMessage{.reason = proto::GoodbyeReason::kSuperseded,
                                         .detail = "another connection goes on with this session",
                                         .reconnect_after_ms = kSupersededReconnectMs});
}

}  // namespace crawlspool::dialog
