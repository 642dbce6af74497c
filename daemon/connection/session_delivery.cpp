#include "daemon/connection/session_delivery.h"

namespace crawlspool::connection {

SessionDelivery::SessionDelivery(net::Mailbox& mailbox, commit::Appender& appender, const SourceTable& sources,
                                 session::LeaseExchange& exchange)
    : mailbox_(mailbox), appender_(appender), sources_(sources), leases_(*this, exchange) {
  exchange.loops.push_back(this);
}

void SessionDelivery::deliver(const session::LeaseRequest& answered) {
  Source* const source = sources_.find(answered.connection);
  const bool is_wanted = source != nullptr && source->on_session(answered);
  if (!is_wanted && answered.reply.verdict == session::LeaseReply::Verdict::kGranted)
    appender_.end_session(answered.session);
}

void SessionDelivery::revoke(base::ConnectionId connection) {
  if (Source* const holder = sources_.find(connection)) holder->on_session_lost();
}

}  // namespace crawlspool::connection
