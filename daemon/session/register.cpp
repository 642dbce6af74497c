#include "daemon/session/register.h"

#include <algorithm>

#include "daemon/base/log.h"

namespace crawlspool::session {
namespace {

using spool::SessionKey;
using spool::SessionState;

constexpr std::int64_t kInUseUs = 60LL * 60 * 1'000'000;  // none that was used within it is forgotten for another
constexpr std::int64_t kLookEveryUs = 10'000'000;
constexpr std::size_t kCandidates = 1024;
constexpr std::uint64_t kMachinesPart = 10;

}  // namespace

LeaseReply SessionRegister::reply_to(const LeaseRequest& request) {
  LeaseReply reply;
  const SessionState* const state = spool_.sessions().find(request.session);
  const auto connected = connected_.find(request.session);
  const bool is_connected = connected != connected_.end();
  auto why = state != nullptr ? refusal_of(state->owner, request.owner) : std::nullopt;
  if (!why && is_connected) why = refusal_of(connected->second.owner, request.owner);
  if (why) {
    reply.verdict = *why;
    return reply;
  }
  if (state == nullptr && !is_connected && !has_place_for(request.machine)) {
    reply.verdict = LeaseReply::Verdict::kTooMany;
    return reply;
  }
  if (state != nullptr) {
    reply.known = true;
    reply.last_seq = state->last_seq;
    reply.rejected = state->rejected;
  } else if (!is_connected) {
    newcomers_.insert(request.session);
    machine_of_[request.session] = request.machine;
    ++by_machine_[request.machine];
  }
  Connected& now = connected_[request.session];
  ++now.count;
  now.owner = request.owner;
  return reply;
}

void SessionRegister::brought(SessionKey session) { newcomers_.erase(session); }

void SessionRegister::ended(SessionKey session) {
  const auto connected = connected_.find(session);
  if (connected == connected_.end() || --connected->second.count > 0) return;
  connected_.erase(connected);
  if (newcomers_.erase(session) > 0) forget(session);
}

bool SessionRegister::has_place_for(const base::MachineKey& machine) {
  if (limits_.sessions_max == 0) return true;
  const auto mine = by_machine_.find(machine);
  const std::uint64_t machine_max = std::max<std::uint64_t>(1, limits_.sessions_max / kMachinesPart);
  if (mine != by_machine_.end() && mine->second >= machine_max) return false;
  return spool_.sessions().size() + newcomers_.size() < limits_.sessions_max || forget_one();
}

bool SessionRegister::forget_one() {
  if (!spool_.believes_ages()) return false;
  if (candidates_.empty()) look_for_candidates();
  while (!candidates_.empty()) {
    const Candidate oldest = candidates_.back();
    candidates_.pop_back();
    const SessionState* const state = spool_.sessions().find(oldest.session);
    if (state == nullptr || state->last_used_us != oldest.last_used_us || connected_.contains(oldest.session)) continue;
    base::log_debug_limited("session_forgotten", {{"session", spool::session_digits(oldest.session)},
                                                  {"client", state->owner.client},
                                                  {"last_seq", state->last_seq},
                                                  {"reason", "sessions_max"}});
    forget(oldest.session);
    return true;
  }
  return false;
}

// The whole table is looked through: not with each request.
void SessionRegister::look_for_candidates() {
  if (clock_.monotonic_us() < look_again_us_) return;
  look_again_us_ = clock_.monotonic_us() + kLookEveryUs;
  const std::int64_t used_before_us = clock_.wall_us() - kInUseUs;
  for (const auto& [session, state] : spool_.sessions())
    if (state.last_used_us < used_before_us && !connected_.contains(session))
      candidates_.push_back({state.last_used_us, session});
  const auto older = [](const Candidate& a, const Candidate& b) { return a.last_used_us < b.last_used_us; };
  if (candidates_.size() > kCandidates) {
    std::nth_element(candidates_.begin(), candidates_.begin() + kCandidates, candidates_.end(), older);
    candidates_.resize(kCandidates);
    look_again_us_ = 0;  // there are more
  }
  std::sort(candidates_.rbegin(), candidates_.rend(), older);
}

void SessionRegister::forget_old() {
  if (limits_.session_age_ms_max == 0 || !spool_.believes_ages()) return;
  const std::int64_t used_before_us = clock_.wall_us() - limits_.session_age_ms_max * 1000;
  std::vector<SessionKey> old;
  for (const auto& [session, state] : spool_.sessions())
    if (state.last_used_us < used_before_us && !connected_.contains(session)) old.push_back(session);
  for (const SessionKey session : old) forget(session);
  if (!old.empty()) base::log_info("sessions_forgotten", {{"count", old.size()}, {"reason", "session_age_max"}});
}

void SessionRegister::forget(SessionKey session) {
  spool_.forget_session(session);
  const auto machine = machine_of_.find(session);
  if (machine == machine_of_.end()) return;
  leave_machine(machine->second);
  machine_of_.erase(machine);
}

void SessionRegister::leave_machine(const base::MachineKey& machine) {
  const auto mine = by_machine_.find(machine);
  if (mine != by_machine_.end() && --mine->second == 0) by_machine_.erase(mine);
}

}  // namespace crawlspool::session
