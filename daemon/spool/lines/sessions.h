// The numbers of sessions: up to which record everything that a session sent is acknowledged and on the disk. Recovery
// fills them from a snapshot and the lines behind it, the committer's thread keeps them up. Not thread-safe.
// Source: FORMAT.md, "Sessions".
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace crawlspool::spool {

using SessionKey = std::uint64_t;  // a line's 16 hex digits as a number

[[nodiscard]] std::string session_digits(SessionKey key);
// Returns nothing unless `text` is exactly 16 lower-case hex digits.
[[nodiscard]] std::optional<SessionKey> parse_session_digits(std::string_view text);

// Whose a session is: only who comes with the same names goes on with it.
struct SessionOwner {
  std::string client;     // empty: it gave none
  std::string user = {};  // by its token or its uid; empty: it had none
};

struct SessionState {
  SessionOwner owner;
  std::uint64_t last_seq = 0;
  std::int64_t last_used_us = 0;  // wall clock
  std::uint64_t rejected = 0;     // of its records, as far as is known
};

// What a commit brings to a session.
struct SessionMark {
  SessionKey session = 0;
  SessionOwner owner;
  std::uint64_t last_seq = 0;
  std::uint64_t rejected = 0;  // of the records that it brings
};

// Returns the names that an envelope, or a snapshot's line, has.
[[nodiscard]] SessionOwner envelope_owner(std::string_view envelope);
// Return what an envelope, or a line, brings to its session; nothing if it names none, or if the line is not sound.
[[nodiscard]] std::optional<SessionMark> envelope_mark(std::string_view envelope);
[[nodiscard]] std::optional<SessionMark> session_mark(std::string_view line);

class SessionTable {
 public:
  using Map = std::unordered_map<SessionKey, SessionState>;

  // Raises a session's number, which never falls. `rejected` more of its records were turned down.
  void advance(SessionKey key, const SessionOwner& owner, std::uint64_t last_seq, std::int64_t used_us,
               std::uint64_t rejected = 0);
  void forget(SessionKey key) { sessions_.erase(key); }

  [[nodiscard]] const SessionState* find(SessionKey key) const;
  [[nodiscard]] std::size_t size() const { return sessions_.size(); }
  [[nodiscard]] Map::const_iterator begin() const { return sessions_.begin(); }
  [[nodiscard]] Map::const_iterator end() const { return sessions_.end(); }

 private:
  Map sessions_;
};

// Keeps the numbers in two steps: those of what is synced, and those that the next sync adds. So the synced numbers
// never count a record that a crash may take back.
class SessionNumbers {
 public:
  void start_with(SessionTable synced) { synced_ = std::move(synced); }

  // Adds numbers that count with the next apply().
  void add(std::span<const SessionMark> marks);
  // The same, of the lines in the first `bytes` of `chunks`.
  void add_lines(std::span<const std::string_view> chunks, std::size_t bytes);
  // What was added is synced.
  void apply(std::int64_t now_us);
  // What was added has been cut off.
  void drop_added() { added_.clear(); }
  void forget(SessionKey session) { synced_.forget(session); }

  [[nodiscard]] const SessionTable& synced() const { return synced_; }

 private:
  SessionTable synced_;
  std::unordered_map<SessionKey, SessionMark> added_;
};

// Checks that the numbers of each session's records rise with position. Keeps one number a session.
class SequenceCheck {
 public:
  struct Fall {
    SessionKey session;
    std::uint64_t seq;
    std::uint64_t before;  // at least as high, and earlier in the spool
  };

  // Takes the envelope of the next sound line, in order of position. A line without session or seq is never a fall.
  [[nodiscard]] std::optional<Fall> add(std::string_view envelope);

  [[nodiscard]] std::size_t sessions() const { return last_.size(); }

 private:
  std::unordered_map<SessionKey, std::uint64_t> last_;
};

}  // namespace crawlspool::spool
