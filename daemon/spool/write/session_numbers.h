// The sessions' numbers in two steps: those of what is synced, and those that the next sync adds. So the numbers never
// tell of a record that a crash may take back. Used on the committer's thread. Source: FORMAT.md, "Sessions".
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "daemon/spool/lines/sessions.h"

namespace crawlspool::spool {

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

}  // namespace crawlspool::spool
