#include "daemon/spool/session_replay.h"

#include "daemon/base/clock.h"

namespace crawlspool::spool {

void SessionReplay::add(const SoundLine& line) {
  ++lines;
  if (const auto ts = envelope_member(line.envelope, "ts")) newest_us = base::parse_timestamp(*ts).value_or(newest_us);
  const auto digits = envelope_member(line.envelope, "session");
  const auto key = digits ? parse_session_digits(*digits) : std::nullopt;
  const auto seq = envelope_number(line.envelope, "seq");
  if (key && seq) sessions.advance(*key, envelope_member(line.envelope, "client").value_or(""), *seq, newest_us);
}

}  // namespace crawlspool::spool
