#include "daemon/spool/lines/sessions.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "daemon/spool/lines/line.h"

namespace crawlspool::spool {
namespace {

constexpr std::size_t kDigits = 16;

}  // namespace

std::string session_digits(SessionKey key) {
  std::array<char, kDigits + 1> text{};
  std::snprintf(text.data(), text.size(), "%016lx", key);
  static_assert(sizeof(unsigned long) == sizeof(SessionKey));
  return {text.data(), kDigits};
}

std::optional<SessionKey> parse_session_digits(std::string_view text) {
  if (text.size() != kDigits || text.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return std::nullopt;
  SessionKey key = 0;
  std::from_chars(text.data(), text.data() + text.size(), key, 16);
  return key;
}

void SessionTable::advance(SessionKey key, std::string_view client, std::uint64_t last_seq, std::int64_t used_us,
                           std::uint64_t rejected) {
  SessionState& state = sessions_[key];
  if (state.client.empty()) state.client = client;
  state.last_seq = std::max(state.last_seq, last_seq);
  state.last_used_us = std::max(state.last_used_us, used_us);
  state.rejected += rejected;
}

const SessionState* SessionTable::find(SessionKey key) const {
  const auto found = sessions_.find(key);
  return found == sessions_.end() ? nullptr : &found->second;
}

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
