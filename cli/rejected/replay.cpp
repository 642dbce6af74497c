#include "cli/rejected/replay.h"

#include <algorithm>

#include "cli/common/stop_signals.h"
#include "clients/cpp/messages.h"

namespace crawlspool::cli {
namespace {

constexpr std::size_t kAheadBytes = 4 * 1024 * 1024;
constexpr std::int64_t kGiveUpAfterMs = 10'000;  // a daemon that is started again is there by then

// The place of a record in the session is its index.
bool send_all(const std::vector<RejectedLine>& lines, Delivery& delivery) {
  client::SendSession& session = delivery.session();
  std::size_t added = 0;
  while (true) {
    if (stop_requested()) return delivery.give_up("interrupted");
    for (; added < lines.size() && session.unsent_bytes() < kAheadBytes; ++added) {
      if (!session.has_room(lines[added].raw.size())) break;
      session.add({.line = added}, lines[added].raw);
    }
    if (session.is_all_acknowledged()) break;
    if (!delivery.turn()) return false;
  }
  delivery.finish();
  return true;
}

}  // namespace

ReplayOutcome replay(const std::vector<RejectedLine>& lines, const ReplayTarget& target, Console& console) {
  client::SessionSettings session;
  session.client = lines.front().client;
  session.stream = target.stream;
  session.session = client::new_session();
  session.charset = proto::find_charset(lines.front().charset);
  session.framing = client::SessionSettings::Framing::kAlone;
  Delivery delivery(
      {target.server, session, kGiveUpAfterMs, target.was_reached},
      [&lines](const client::Place& place) { return lines[place.line].id + ": rejected again"; }, console);
  ReplayOutcome outcome;
  outcome.is_complete = send_all(lines, delivery);
  outcome.stored = delivery.session().counts().stored;
  outcome.rejected = delivery.session().counts().rejected;
  outcome.unacknowledged = lines.size() - std::min<std::uint64_t>(lines.size(), outcome.stored + outcome.rejected);
  return outcome;
}

}  // namespace crawlspool::cli
