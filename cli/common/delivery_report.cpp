#include "cli/common/delivery_report.h"

#include "cli/common/fault_words.h"
#include "cli/common/human.h"
#include "proto/codes.h"

namespace crawlspool::cli {

using client::SessionEvent;

void DeliveryReport::tell(const SessionEvent& event) {
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

void DeliveryReport::tell_of_record(const client::Place& place, const std::string& what) {
  console_.say(describe_(place) + ": " + what);
}

void DeliveryReport::tell_of_server(const std::string& what) { console_.say("crawlspool: " + server_ + " " + what); }

void DeliveryReport::connection_lost(const std::string& why) {
  slow_reason_.clear();
  if (why.empty() || why == lost_why_) return;
  lost_why_ = why;
  console_.say("crawlspool: " + why + "; trying again");
}

void DeliveryReport::progressed() {
  if (!lost_why_.empty()) console_.say("crawlspool: connected to " + server_ + " again");
  lost_why_.clear();
}

void DeliveryReport::give_up(const std::string& why) { console_.say("crawlspool: " + why); }

}  // namespace crawlspool::cli
