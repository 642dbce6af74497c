#include "daemon/spool/recovery/session_replay.h"

#include "daemon/base/clock.h"

namespace crawlspool::spool {

namespace {

std::optional<SessionMark> mark_of(std::string_view envelope) {
  const auto digits = envelope_member(envelope, "session");
  const auto key = digits ? parse_session_digits(*digits) : std::nullopt;
  const auto seq = envelope_number(envelope, "seq");
  if (!key || !seq) return std::nullopt;
  return SessionMark{*key, std::string(envelope_member(envelope, "client").value_or("")), *seq};
}

}  // namespace

std::optional<SessionMark> session_mark(std::string_view line) {
  const auto sound = check_line(line);
  return sound ? mark_of(sound->envelope) : std::nullopt;
}

void SessionReplay::add(const SoundLine& line) {
  ++lines;
  if (const auto ts = envelope_member(line.envelope, "ts")) newest_us = base::parse_timestamp(*ts).value_or(newest_us);
  if (const auto mark = mark_of(line.envelope))
    sessions.advance(mark->session, mark->client, mark->last_seq, newest_us);
}

}  // namespace crawlspool::spool
