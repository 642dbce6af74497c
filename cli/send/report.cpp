#include "cli/send/report.h"

#include <algorithm>

#include "cli/common/fault_words.h"
#include "cli/common/human.h"
#include "proto/codes.h"

namespace crawlspool::cli {

using client::SessionEvent;

void SendReport::tell(const SessionEvent& event) {
  switch (event.kind) {
    case SessionEvent::Kind::kRejected:
      return tell_of_record(event.place,
                            verdict_words(event.record, event.reply.word, event.reply.detail, event.reply.offset));
    case SessionEvent::Kind::kTooLarge:
      return tell_of_record(event.place, std::string(proto::word(proto::RejectCode::kRecordTooLarge)) +
                                             ": not sent, as the server takes at most " + std::to_string(event.count) +
                                             " bytes");
    case SessionEvent::Kind::kRejectedUnseen:
      return tell_of_server("has rejected " + counted(event.count, "record") +
                            " whose verdicts did not come here; they are in its spool's rejected/");
    case SessionEvent::Kind::kMayBeTwice:
      return tell_of_server("has no memory of this session: what was sent and not acked may be stored twice");
    case SessionEvent::Kind::kNewSession:
      return tell_of_server("has records under this session that were not sent from here; going on under a new one");
    case SessionEvent::Kind::kAcksUnsynced:
      return tell_of_server("acks what is written and not yet synced to its disk");
    case SessionEvent::Kind::kSlow:
      if (slow_reason_ != event.reply.word) tell_of_server("does not read for now: " + shown(event.reply.word));
      slow_reason_ = event.reply.word;
      return;
    case SessionEvent::Kind::kResume:
      if (!slow_reason_.empty()) tell_of_server("reads again");
      slow_reason_.clear();
      return;
  }
}

void SendReport::held_back(const client::Place& place) {
  tell_of_record(place, "not sent, as its line has no end yet; a later run goes on with it");
}

void SendReport::tell_of_record(const client::Place& place, const std::string& what) {
  console_.say(source_.describe(place) + ": " + what);
}

void SendReport::tell_of_server(const std::string& what) { console_.say("crawlspool: " + server_ + " " + what); }

void SendReport::connection_lost(const std::string& why) {
  slow_reason_.clear();
  if (why.empty() || why == lost_why_) return;
  lost_why_ = why;
  console_.say("crawlspool: " + why + "; trying again");
}

void SendReport::progressed() {
  if (!lost_why_.empty()) console_.say("crawlspool: connected to " + server_ + " again");
  lost_why_.clear();
}

void SendReport::give_up(const std::string& why) { console_.say("crawlspool: " + why); }

std::string summary(const client::SendSession& session, double seconds, const std::string& never_reached) {
  const client::SendCounts& counts = session.counts();
  const std::uint64_t unsent = session.unsent();
  const std::uint64_t unknown = session.unsettled() - std::min(unsent, session.unsettled());
  if (unsent > 0 && counts.acked + counts.rejected + counts.skipped + unknown == 0)
    return "nothing was sent" + (never_reached.empty() ? "" : ": " + never_reached + " was never reached");
  std::string text = counted(counts.acked + counts.rejected + unknown, "record") + " sent, " +
                     std::to_string(counts.acked) + " acked, " + std::to_string(counts.rejected) + " rejected";
  if (unknown > 0) text += ", " + std::to_string(unknown) + " not known to be stored";
  if (unsent > 0) text += ", the rest not sent";
  if (counts.skipped > 0) text += ", " + std::to_string(counts.skipped) + " stored before";
  if (counts.resent > 0) text += ", " + std::to_string(counts.resent) + " sent again";
  return text + " in " + fixed(seconds, 2) + " s (" +
         fixed(static_cast<double>(counts.acked) / std::max(seconds, 1e-6), 0) + " records/s)";
}

}  // namespace crawlspool::cli
