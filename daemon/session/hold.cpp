#include "daemon/session/hold.h"

#include <utility>

#include "daemon/session/claims.h"

namespace crawlspool::session {

using Verdict = SessionAnswer::Verdict;

void SessionHold::claim(base::ConnectionId connection, spool::SessionKey session, std::string client,
                        const base::MachineKey& machine) {
  SessionQuestion question;
  question.connection = connection;
  question.session = session_ = session;
  question.client = std::move(client);
  question.machine = machine;
  stage_ = Stage::kAwaited;
  claim_ = claims_.claim(std::move(question));
}

bool SessionHold::take_answer(const SessionQuestion& question) {
  if (!is_awaited() || question.claim != claim_) return false;
  stage_ = question.answer.verdict == Verdict::kGranted ? Stage::kGranted : Stage::kRefused;
  return true;
}

void SessionHold::release() {
  const Stage stage = std::exchange(stage_, Stage::kNone);
  if (stage == Stage::kNone) return;
  claims_.release(session_, claim_, stage == Stage::kGranted);
}

std::string refusal_detail(const SessionQuestion& refused, std::uint64_t sessions_max) {
  if (refused.answer.verdict == Verdict::kOtherClient)
    return "session " + spool::session_digits(refused.session) + " is known under another client's name";
  return "sessions_max is " + std::to_string(sessions_max) + ", of which one machine may have a tenth";
}

}  // namespace crawlspool::session
