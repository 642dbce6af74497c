#include "daemon/intake/reject_recorder.h"

#include "daemon/base/endpoint.h"
#include "daemon/base/limited_event.h"

namespace crawlspool::intake {

std::size_t RejectRecorder::record(std::string_view record, const json::RejectReason& reason,
                                   const commit::ReadTime& when, const RejectedNumber& number,
                                   const RejectedSender& sender) {
  if (const auto suppressed = base::admit_warning("record_rejected", when.monotonic_us))
    base::log_warn_admitted("record_rejected", *suppressed,
                            {{"conn", sender.connection},
                             {"peer", sender.peer},
                             {number.logged.key, number.logged.number},
                             {"code", proto::word(reason.code)},
                             {"detail", reason.detail.view()}});
  ledger_.note({.client = sender.names.client,
                .stream = sender.names.stream,
                .address = base::address_of(sender.peer),
                .via = sender.via,
                .code = reason.code,
                .wall_us = when.wall_us,
                .detail = reason.detail,
                .offset = reason.offset,
                .seq = number.seq});
  return appender_.add_reject({.code = proto::word(reason.code),
                               .detail = reason.detail,
                               .offset = reason.offset,
                               .client = sender.names.client,
                               .session = sender.names.session,
                               .seq = number.seq,
                               .via = sender.via,
                               .peer = sender.peer,
                               .raw = record,
                               .is_brief = !allowance_.take(sender.machine, when.monotonic_us),
                               .charset = sender.charset,
                               .user = sender.names.user},
                              reason.code, when);
}

}  // namespace crawlspool::intake
