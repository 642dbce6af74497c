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
  usage_.set_user(std::move(identity.usage));
  names_ = std::move(identity.names);
  peer_changed();
  appended_.owner = {names_.client, names_.user};
  appended_.session = identity.session;
  appended_.stream_label = loop_.streams.label_of(names_.stream);
  appended_.acks_once_written = identity.acks_once_written;
}

void RecordWriter::peer_changed() {
  origin_ = spool::make_origin(word(source_.input), source_.peer.text, names_);
  if (decodes()) decoded_origin_ = make_decoded_origin(0);
}

void RecordWriter::decode_from(const proto::Decoding& decoding) {
  decoding_ = decoding;
  if (decodes()) decoded_origin_ = make_decoded_origin(0);
}

spool::Origin RecordWriter::make_decoded_origin(std::uint64_t replaced) const {
  return spool::make_origin(word(source_.input), source_.peer.text, names_, {word(decoding_.charset), replaced});
}

json::RejectReason RecordWriter::too_large() const {
  base::ShortText why("at most ");
  why += record_bytes_max_;
  why += decodes() ? " bytes, in UTF-8 too" : " bytes";
  return {proto::RejectCode::kRecordTooLarge, why, {}};
}

std::optional<json::RejectReason> RecordWriter::check(std::string_view record) {
  if (record.size() <= record_bytes_max_) return loop_.checker.check(record);
  return too_large();
}

// What a reason says of places is meant in the record as it came.
RecordWriter::Checked RecordWriter::decode_and_check(std::string_view record) {
  using Outcome = Transcoder::Outcome;
  if (record.size() > record_bytes_max_) return {record, false, 0, too_large()};
  const auto decoded = loop_.transcoder.decode(decoding_, record, record_bytes_max_);
  if (decoded.outcome == Outcome::kUnchanged) return {record, false, 0, check(record)};
  budget_.count_decoded(record.size());
  if (decoded.outcome == Outcome::kTooLarge) return {record, false, 0, too_large()};
  if (decoded.outcome == Outcome::kUndecodable) {
    base::ShortText why("not valid ");
    why += word(decoding_.charset);
    return {record, false, 0, json::reject(proto::RejectCode::kInvalidCharset, why, decoded.offset)};
  }
  auto reject = loop_.checker.check(decoded.text);
  if (reject && reject->offset) {
    budget_.count_decoded(record.size());
    reject = json::moved_to(*reject, loop_.transcoder.original_offset(decoding_, record, *reject->offset));
  }
  return {decoded.text, true, decoded.replaced, reject};
}

std::optional<json::RejectReason> RecordWriter::write(std::string_view record, const RejectedNumber& number,
                                                      const commit::ReadTime& when) {
  usage_.count(record.size());
  return decodes() ? write_decoded(record, number, when) : write_plain(record, number, when);
}

void RecordWriter::reject(std::string_view record, const json::RejectReason& reason, const RejectedNumber& number,
                          const commit::ReadTime& when) {
  usage_.count(record.size());
  keep_reject(record, reason, number, when);
  advance(number.seq, true);
}

std::optional<json::RejectReason> RecordWriter::write_plain(std::string_view record, const RejectedNumber& number,
                                                            const commit::ReadTime& when) {
  auto reason = check(record);
  if (reason)
    keep_reject(record, *reason, number, when);
  else
    add_line(origin_, record, number.seq, when);
  advance(number.seq, reason.has_value());
  return reason;
}

std::optional<json::RejectReason> RecordWriter::write_decoded(std::string_view record, const RejectedNumber& number,
                                                              const commit::ReadTime& when) {
  const Checked checked = decode_and_check(record);
  if (checked.reject)
    keep_reject(record, *checked.reject, number, when);
  else
    add_checked_line(checked, number.seq, when);
  loop_.transcoder.done();
  advance(number.seq, checked.reject.has_value());
  return checked.reject;
}

std::optional<json::RejectReason> RecordWriter::write_made(const Made& made, const RejectedNumber& number,
                                                           const commit::ReadTime& when) {
  usage_.count(made.text.size());
  const Checked checked{made.text, made.is_decoded, made.replaced, check(made.text)};
  if (checked.reject)
    keep_reject(checked.text, *checked.reject, number, when, /*is_as_sent=*/false);
  else
    add_checked_line(checked, number.seq, when);
  advance(number.seq, checked.reject.has_value());
  return checked.reject;
}

std::optional<json::RejectReason> RecordWriter::judge(std::string_view record) {
  if (!decodes()) return check(record);
  auto reject = decode_and_check(record).reject;
  loop_.transcoder.done();
  return reject;
}

void RecordWriter::add_checked_line(const Checked& checked, std::uint64_t seq, const commit::ReadTime& when) {
  if (!checked.is_decoded) return add_line(origin_, checked.text, seq, when);
  loop_.transcoder.charsets().count_decoded(decoding_.charset);
  if (checked.replaced == 0) return add_line(decoded_origin_, checked.text, seq, when);
  add_line(make_decoded_origin(checked.replaced), checked.text, seq, when);
}

void RecordWriter::add_line(const spool::Origin& origin, std::string_view record, std::uint64_t seq,
                            const commit::ReadTime& when) {
  ++records_;
  budget_.count_line(loop_.appender.add_record(origin, when, seq, record));
}

void RecordWriter::keep_reject(std::string_view record, const json::RejectReason& reason, const RejectedNumber& number,
                               const commit::ReadTime& when, bool is_as_sent) {
  ++rejects_;
  const std::string_view charset = is_as_sent && decodes() ? word(decoding_.charset) : std::string_view{};
  const std::size_t kept_bytes =
      loop_.rejects.record(record, reason, when, number,
                           {source_.id, source_.peer.text, word(source_.input), source_.peer.machine, names_, charset});
  budget_.count_reject(record.size(), kept_bytes);
}

void RecordWriter::advance(std::uint64_t seq, bool is_rejected) {
  loop_.appender.advance(appended_, {++taken_, seq, is_rejected ? 1U : 0U, is_rejected ? 0U : 1U});
}

}  // namespace crawlspool::intake
