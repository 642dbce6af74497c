#include "daemon/intake/record_writer.h"

#include <utility>

#include "daemon/base/short_text.h"

namespace crawlspool::intake {

RecordWriter::RecordWriter(const Loop& loop, const Source& source, std::uint64_t record_bytes_max, TurnBudget& budget)
    : loop_(loop),
      source_(source),
      record_bytes_max_(record_bytes_max),
      budget_(budget),
      origin_(spool::make_origin(word(source_.input), source_.peer.text)),
      lease_(loop.leases) {
  appended_.connection = source_.id;
  appended_.input = source_.input;
}

void RecordWriter::identify(Identity identity) {
  names_ = std::move(identity.names);
  origin_ = spool::make_origin(word(source_.input), source_.peer.text, names_);
  appended_.client = names_.client;
  appended_.session = identity.session;
  appended_.stream_label = loop_.streams.label_of(names_.stream);
  appended_.acks_once_written = identity.acks_once_written;
}

std::optional<json::RejectReason> RecordWriter::check(std::string_view record) {
  if (record.size() <= record_bytes_max_) return loop_.checker.check(record);
  base::ShortText why("at most ");
  why += record_bytes_max_;
  why += " bytes";
  return json::RejectReason{proto::RejectCode::kRecordTooLarge, why, {}};
}

std::optional<json::RejectReason> RecordWriter::write(std::string_view record, const RejectedNumber& number,
                                                      const commit::ReadTime& when) {
  auto reason = check(record);
  if (reason) {
    ++rejects_;
    const std::size_t kept_bytes =
        loop_.rejects.record(record, *reason, when, number,
                             {source_.id, source_.peer.text, word(source_.input), source_.peer.machine, names_});
    budget_.count_reject(record.size(), kept_bytes);
  } else {
    ++records_;
    budget_.count_line(loop_.appender.add_record(origin_, when, number.seq, record));
  }
  loop_.appender.advance(appended_, {++taken_, number.seq, reason ? 1U : 0U, reason ? 0U : 1U});
  return reason;
}

}  // namespace crawlspool::intake
