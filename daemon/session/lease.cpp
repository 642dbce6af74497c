#include "daemon/session/lease.h"

#include <utility>

#include "daemon/session/lease_table.h"

namespace crawlspool::session {

using Verdict = LeaseReply::Verdict;

void Lease::request(base::ConnectionId connection, spool::SessionKey session, spool::SessionOwner owner,
                    const base::MachineKey& machine) {
  LeaseRequest request;
  request.connection = connection;
  request.session = session_ = session;
  request.owner = std::move(owner);
  request.machine = machine;
  stage_ = Stage::kRequested;
  lease_ = table_.request(std::move(request));
}

bool Lease::take_reply(const LeaseRequest& answered) {
  if (!is_requested() || answered.lease != lease_) return false;
  stage_ = answered.reply.verdict == Verdict::kGranted ? Stage::kGranted : Stage::kRefused;
  return true;
}

void Lease::release() {
  const Stage stage = std::exchange(stage_, Stage::kNone);
  if (stage == Stage::kNone) return;
  table_.release(session_, lease_, stage == Stage::kGranted);
}

std::string refusal_detail(const LeaseRequest& refused, std::uint64_t sessions_max) {
  const std::string session = "session " + spool::session_digits(refused.session);
  if (refused.reply.verdict == Verdict::kOtherClient) return session + " is known under another client's name";
  if (refused.reply.verdict == Verdict::kOtherUser) return session + " belongs to another token's name";
  return "sessions_max is " + std::to_string(sessions_max) + ", of which one machine may have a tenth";
}

}  // namespace crawlspool::session
