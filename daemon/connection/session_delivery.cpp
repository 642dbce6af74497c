#include "daemon/connection/session_delivery.h"

namespace crawlspool::connection {

SessionDelivery::SessionDelivery(net::Mailbox& mailbox, commit::Appender& appender, const SourceTable& sources,
                                 session::SessionExchange& exchange)
    : mailbox_(mailbox), appender_(appender), sources_(sources), claims_(*this, exchange) {
  exchange.loops.push_back(this);
}

void SessionDelivery::bring_answer(const session::SessionQuestion& question) {
  Source* const source = sources_.find(question.connection);
  const bool is_wanted = source != nullptr && source->on_session(question);
  if (!is_wanted && question.answer.verdict == session::SessionAnswer::Verdict::kGranted)
    appender_.end_session(question.session);
}

void SessionDelivery::give_up_session(base::ConnectionId connection) {
  if (Source* const holder = sources_.find(connection)) holder->on_session_lost();
}

}  // namespace crawlspool::connection
