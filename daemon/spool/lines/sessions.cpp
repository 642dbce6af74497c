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

SessionOwner envelope_owner(std::string_view envelope) {
  return {std::string(envelope_member(envelope, "client").value_or("")),
          std::string(envelope_member(envelope, "user").value_or(""))};
}

std::optional<SessionMark> envelope_mark(std::string_view envelope) {
  const auto digits = envelope_member(envelope, "session");
  const auto key = digits ? parse_session_digits(*digits) : std::nullopt;
  const auto seq = envelope_number(envelope, "seq");
  if (!key || !seq) return std::nullopt;
  return SessionMark{*key, envelope_owner(envelope), *seq};
}

std::optional<SessionMark> session_mark(std::string_view line) {
  const auto sound = check_line(line);
  return sound ? envelope_mark(sound->envelope) : std::nullopt;
}

void SessionTable::advance(SessionKey key, const SessionOwner& owner, std::uint64_t last_seq, std::int64_t used_us,
                           std::uint64_t rejected) {
  SessionState& state = sessions_[key];
  if (state.owner.client.empty()) state.owner.client = owner.client;
  if (state.owner.user.empty()) state.owner.user = owner.user;
  state.last_seq = std::max(state.last_seq, last_seq);
  state.last_used_us = std::max(state.last_used_us, used_us);
  state.rejected += rejected;
}

const SessionState* SessionTable::find(SessionKey key) const {
  const auto found = sessions_.find(key);
  return found == sessions_.end() ? nullptr : &found->second;
}

void SessionNumbers::add(std::span<const SessionMark> marks) {
  for (const SessionMark& mark : marks) {
    const auto [known, is_new] = added_.try_emplace(mark.session, mark);
    if (is_new) continue;
    known->second.last_seq = std::max(known->second.last_seq, mark.last_seq);
    known->second.rejected += mark.rejected;
  }
}

void SessionNumbers::add_lines(std::span<const std::string_view> chunks, std::size_t bytes) {
  for (std::string_view chunk : chunks) {
    chunk = chunk.substr(0, bytes);
    bytes -= chunk.size();
    while (!chunk.empty()) {
      const std::string_view line = chunk.substr(0, chunk.find('\n') + 1);
      if (const auto mark = session_mark(line)) add({&*mark, 1});
      chunk.remove_prefix(line.size());
    }
  }
}

void SessionNumbers::apply(std::int64_t now_us) {
  for (const auto& [key, mark] : added_) synced_.advance(key, mark.owner, mark.last_seq, now_us, mark.rejected);
  added_.clear();
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
