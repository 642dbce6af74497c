#include "cli/read/line_filter.h"

#include <utility>

#include "daemon/base/clock.h"
#include "daemon/base/text.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::cli {

using spool::envelope_member;

std::string_view envelope_of(const spool::ReadLine& line) {
  const auto before_record = static_cast<std::size_t>(line.record.data() - line.bytes.data());
  return line.bytes.substr(0, before_record - spool::kRecordKey.size());
}

LineFilter::LineFilter(Wanted wanted) : client_(std::move(wanted.client)) {
  if (wanted.stream) base::append_json_escaped(stream_.emplace(), *wanted.stream);
  if (wanted.since_us) since_ = base::format_timestamp(*wanted.since_us);
}

bool LineFilter::takes(const spool::ReadLine& line) const {
  if (takes_all()) return true;
  if (line.kind != spool::LineKind::kSound) return false;
  const std::string_view envelope = envelope_of(line);
  return (!stream_ || envelope_member(envelope, "stream") == *stream_) &&
         (!client_ || envelope_member(envelope, "client") == *client_) &&
         (since_.empty() || envelope_member(envelope, "ts").value_or("") >= since_);
}

}  // namespace crawlspool::cli
