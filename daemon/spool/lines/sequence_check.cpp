#include "daemon/spool/lines/sequence_check.h"

#include <algorithm>

namespace crawlspool::spool {

std::optional<SequenceCheck::Fall> SequenceCheck::add(std::string_view envelope) {
  const auto digits = envelope_member(envelope, "session");
  const auto session = digits ? parse_session_digits(*digits) : std::nullopt;
  const auto seq = envelope_number(envelope, "seq");
  if (!session || !seq) return std::nullopt;
  std::uint64_t& last = last_[*session];
  const std::uint64_t before = last;
  last = std::max(last, *seq);
  if (*seq > before) return std::nullopt;
  return Fall{*session, *seq, before};
}

}  // namespace crawlspool::spool
