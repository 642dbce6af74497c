// What the clients of one seed send: each record is made from its session and number alone, so that whatever is read
// back can be made again and compared. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/sessions.h"

namespace crawlspool::simulator {

enum class SizeProfile { kTiny, kMixed, kLarge };  // of records; kLarge goes to several pages

struct RecordName {
  std::size_t session;  // its index
  std::uint64_t seq;
};

class Records {
 public:
  Records(std::uint64_t seed, std::size_t sessions, SizeProfile profile);

  [[nodiscard]] std::size_t sessions() const { return sessions_.size(); }
  [[nodiscard]] std::uint64_t key(std::size_t session) const { return sessions_[session].key; }
  [[nodiscard]] const spool::SessionOwner& owner(std::size_t session) const { return sessions_[session].owner; }

  // A number that the server refuses: it is acknowledged like any other and has no line.
  [[nodiscard]] bool is_rejected(RecordName name) const;
  // The record's JSON; valid until the next call.
  [[nodiscard]] std::string_view text(RecordName name);
  // Appends the whole line; returns its length.
  std::size_t append_line(std::string& out, RecordName name, std::int64_t wall_us);
  // Which one a sound line holds; nothing if no client sent it, or not under this session and number.
  [[nodiscard]] std::optional<RecordName> recognise(const spool::SoundLine& line);

 private:
  struct Session {
    std::uint64_t key;
    std::string digits;
    spool::SessionOwner owner;
    spool::Origin origin;
  };

  [[nodiscard]] std::size_t filler_bytes(std::uint64_t hash) const;

  std::vector<Session> sessions_;
  SizeProfile profile_;
  std::string text_;
};

}  // namespace crawlspool::simulator
