#include "daemon/session/claims.h"

#include <algorithm>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/session/host.h"

namespace crawlspool::session {

using spool::SessionKey;

std::uint64_t SessionClaims::claim(SessionQuestion question) {
  const std::uint64_t claim = ++exchange_.last_claim;
  const SessionKey session = question.session;
  question.claim = claim;
  const Passage passage{claim, question.client, &host_};
  sessions_[session].holders.push_back({claim, question.connection, question.client});
  waiting_.emplace(claim, Waiting{std::move(question), exchange_.loops.size()});
  for (SessionHost* const loop : exchange_.loops)
    if (loop != &host_) loop->post([loop, session, passage] { loop->session_claims().let_pass(session, passage); });
  let_pass(session, passage);
  return claim;
}

bool SessionClaims::has_older(const Session& session, std::uint64_t claim) {
  return std::any_of(session.holders.begin(), session.holders.end(),
                     [claim](const Holder& holder) { return holder.claim < claim; });
}

void SessionClaims::let_pass(SessionKey session, Passage passage) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return passed(passage);
  std::vector<base::ConnectionId> older;
  for (const Holder& holder : found->second.holders) {
    if (holder.claim >= passage.claim) continue;
    if (is_other_client(holder.client, passage.client)) {
      passage.claimant->post([passage] { passage.claimant->session_claims().refused(passage.claim); });
      return;
    }
    older.push_back(holder.connection);
  }
  found->second.passages.push_back(passage);
  for (const base::ConnectionId id : older) host_.give_up_session(id);  // each may release its claim meanwhile
  let_all_pass(session);
}

void SessionClaims::let_all_pass(SessionKey session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  Session& state = found->second;
  const auto first = std::stable_partition(state.passages.begin(), state.passages.end(),
                                           [&](const Passage& passage) { return has_older(state, passage.claim); });
  const std::vector<Passage> free(first, state.passages.end());
  state.passages.erase(first, state.passages.end());
  if (state.holders.empty() && state.passages.empty()) sessions_.erase(found);
  for (const Passage& passage : free) passed(passage);
}

// What older holders took in here is in a batch by now. The claimant's own loop asks with a later one.
void SessionClaims::passed(const Passage& passage) {
  if (passage.claimant == &host_) return loop_passed(passage.claim);
  host_.after_all([passage] {
    passage.claimant->post([passage] { passage.claimant->session_claims().loop_passed(passage.claim); });
  });
}

void SessionClaims::loop_passed(std::uint64_t claim) {
  const auto found = waiting_.find(claim);
  if (found == waiting_.end() || --found->second.loops_left > 0) return;
  host_.ask(std::move(found->second.question));
  waiting_.erase(found);
}

std::uint64_t SessionClaims::last_seq(const SessionQuestion& answered, std::uint64_t from) {
  const std::uint64_t acknowledged = answered.answer.last_seq;
  if (from <= acknowledged + 1) return acknowledged;
  exchange_.given_up += from - 1 - acknowledged;
  base::log_warn_limited("session_gap", {{"conn", answered.connection},
                                         {"client", answered.client},
                                         {"session", spool::session_digits(answered.session)},
                                         {"last_seq", acknowledged},
                                         {"from", from},
                                         {"known", answered.answer.known}});
  return from - 1;
}

void SessionClaims::refused(std::uint64_t claim) {
  const auto found = waiting_.find(claim);
  if (found == waiting_.end()) return;
  SessionQuestion question = std::move(found->second.question);
  waiting_.erase(found);
  question.answer.verdict = SessionAnswer::Verdict::kOtherClient;
  host_.bring_answer(question);
}

void SessionClaims::release(SessionKey session, std::uint64_t claim, bool was_granted) {
  waiting_.erase(claim);
  if (was_granted) host_.end_session(session);
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  std::erase_if(found->second.holders, [claim](const Holder& holder) { return holder.claim == claim; });
  let_all_pass(session);
}

}  // namespace crawlspool::session
