// What is said of a connection to those who look at it.
#include <algorithm>

#include "daemon/connection/connection.h"
#include "daemon/connection/io_loop.h"

namespace crawlspool::connection {
namespace {

std::string_view word(Pause pause, commit::SpoolState state) {
  switch (pause) {
    case Pause::kMemory:
      return proto::word(proto::SlowReason::kMemory);
    case Pause::kSpoolWaits:
      return proto::word(slow_reason(state));
    case Pause::kSpoolBusy:
      return proto::word(proto::SlowReason::kSpoolBusy);
    case Pause::kAmplification:
      return proto::word(proto::SlowReason::kAmplification);
    case Pause::kRate:
      return proto::word(proto::SlowReason::kRate);
    case Pause::kOutput:
      return "output";
    case Pause::kSession:
      return "session";
    case Pause::kTurn:
    case Pause::kBusy:
      break;
  }
  return "busy";
}

}  // namespace

HeldMemory Connection::held_memory() const {
  const std::int64_t now_ms = io_.now_ms();
  HeldMemory held{{}, {}, memory_.share().holds_little(), protocol_->holds_whole_batch()};
  if (const auto begun = link_.is_open() ? protocol_->begun_input() : std::nullopt) {
    const auto age_ms = std::max<std::int64_t>(1, now_ms - begun->since_ms);
    held.unfinished = {begun->held_bytes, static_cast<double>(begun->received_bytes) / static_cast<double>(age_ms)};
  }
  if (const auto bytes_per_ms = link_.unread_bytes_per_ms(now_ms))
    held.unread_answers = {link_.held_bytes(), *bytes_per_ms, memory_.share().is_in_the_way()};
  return held;
}

SourceFacts Connection::facts() const {
  SourceFacts facts{.id = id(),
                    .via = proto::word(input()),
                    .peer = peer().text,
                    .client = {},
                    .stream = {},
                    .session = {},
                    .state = !link_.is_open()   ? "ending"
                             : reader_.paused() ? word(*reader_.paused(), io_.shared().committer.state())
                                                : "reading",
                    .bytes = credit_.received_bytes(),
                    .age_ms = io_.now_ms() - link_.times().opened_ms,
                    .idle_ms = io_.now_ms() - link_.times().last_activity_ms};
  if (writer() == nullptr) return facts;
  facts.client = writer()->names().client;
  facts.stream = writer()->names().stream;
  facts.session = writer()->names().session;
  facts.records = writer()->records();
  facts.rejects = writer()->rejects();
  return facts;
}

ClientFacts Connection::client_facts() const {
  return {1, writer() == nullptr ? 0 : writer()->records(), writer() == nullptr ? 0 : writer()->rejects(),
          credit_.received_bytes(), io_.now_ms() - link_.times().opened_ms};
}

}  // namespace crawlspool::connection
