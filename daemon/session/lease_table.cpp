#include "daemon/session/lease_table.h"

#include <algorithm>
#include <utility>

#include "daemon/base/log.h"
#include "daemon/session/lease_host.h"

namespace crawlspool::session {

using spool::SessionKey;

LeaseNumber LeaseTable::request(LeaseRequest request) {
  const LeaseNumber lease = ++exchange_.last_lease;
  const SessionKey session = request.session;
  request.lease = lease;
  const Takeover takeover{lease, request.owner, &host_};
  sessions_[session].holders.push_back({lease, request.connection, request.owner});
  pending_.emplace(lease, Pending{std::move(request), exchange_.loops.size()});
  for (LeaseHost* const loop : exchange_.loops)
    if (loop != &host_) loop->post([loop, session, takeover] { loop->leases().take_over(session, takeover); });
  take_over(session, takeover);
  return lease;
}

bool LeaseTable::has_older(const Session& session, LeaseNumber lease) {
  return std::any_of(session.holders.begin(), session.holders.end(),
                     [lease](const Holder& holder) { return holder.lease < lease; });
}

void LeaseTable::take_over(SessionKey session, Takeover takeover) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return report_no_holder(takeover);
  std::vector<base::ConnectionId> older;
  for (const Holder& holder : found->second.holders) {
    if (holder.lease >= takeover.lease) continue;
    if (const auto why = refusal_of(holder.owner, takeover.owner)) {
      takeover.requester->post([takeover, why] { takeover.requester->leases().refuse(takeover.lease, *why); });
      return;
    }
    older.push_back(holder.connection);
  }
  found->second.takeovers.push_back(takeover);
  for (const base::ConnectionId id : older) host_.revoke(id);  // each may release its lease meanwhile
  finish_takeovers(session);
}

void LeaseTable::finish_takeovers(SessionKey session) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  Session& state = found->second;
  const auto first = std::stable_partition(state.takeovers.begin(), state.takeovers.end(),
                                           [&](const Takeover& takeover) { return has_older(state, takeover.lease); });
  const std::vector<Takeover> finished(first, state.takeovers.end());
  state.takeovers.erase(first, state.takeovers.end());
  if (state.holders.empty() && state.takeovers.empty()) sessions_.erase(found);
  for (const Takeover& takeover : finished) report_no_holder(takeover);
}

// What older holders took in here is in a batch by now. The requester's own loop asks the committer with a later one.
void LeaseTable::report_no_holder(const Takeover& takeover) {
  if (takeover.requester == &host_) return loop_has_no_holder(takeover.lease);
  host_.after_all([takeover] {
    takeover.requester->post([takeover] { takeover.requester->leases().loop_has_no_holder(takeover.lease); });
  });
}

void LeaseTable::loop_has_no_holder(LeaseNumber lease) {
  const auto found = pending_.find(lease);
  if (found == pending_.end() || --found->second.loops_left > 0) return;
  host_.submit(std::move(found->second.request));
  pending_.erase(found);
}

std::uint64_t LeaseTable::last_seq(const LeaseRequest& answered, std::uint64_t from) {
  const std::uint64_t acknowledged = answered.reply.last_seq;
  if (from <= acknowledged + 1) return acknowledged;
  exchange_.given_up += from - 1 - acknowledged;
  base::log_warn_limited("session_gap", {{"conn", answered.connection},
                                         {"client", answered.owner.client},
                                         {"session", spool::session_digits(answered.session)},
                                         {"last_seq", acknowledged},
                                         {"from", from},
                                         {"known", answered.reply.known}});
  return from - 1;
}

void LeaseTable::refuse(LeaseNumber lease, LeaseReply::Verdict why) {
  const auto found = pending_.find(lease);
  if (found == pending_.end()) return;
  LeaseRequest request = std::move(found->second.request);
  pending_.erase(found);
  request.reply.verdict = why;
  host_.deliver(request);
}

void LeaseTable::release(SessionKey session, LeaseNumber lease, bool was_granted) {
  pending_.erase(lease);
  if (was_granted) host_.end_session(session);
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  std::erase_if(found->second.holders, [lease](const Holder& holder) { return holder.lease == lease; });
  finish_takeovers(session);
}

}  // namespace crawlspool::session
