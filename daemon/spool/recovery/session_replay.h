// What lines and rejects bring to the sessions' numbers at a start. A record that was refused has no line, and its
// number is acknowledged all the same, so both are read. Source: FORMAT.md, "Sessions".
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/sessions.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

// Collects what the lines behind a snapshot add to it.
struct SessionReplay {
  SessionTable sessions;
  std::uint64_t lines = 0;
  std::int64_t newest_us = 0;  // the last line's ts; 0: there was none

  void add(const SoundLine& line);
};

// Collects what rejected/ adds.
class RejectReplay {
 public:
  // Reads the spool's rejects since `since_us` (wall clock), and some before, that `sessions` as they were then do not
  // count yet. What cannot be read adds nothing: those records come again, and are refused again.
  void read(Directory& spool_directory, std::int64_t since_us, const SessionTable& sessions);

  // Counts them in `sessions`, which has the numbers of all lines since. Numbers that follow a session's last one
  // without a gap are acknowledged too.
  void apply(SessionTable& sessions) const;

 private:
  struct Rejects {
    std::set<std::uint64_t> seqs;
    std::int64_t newest_us = 0;
    SessionOwner owner;
  };

  [[nodiscard]] bool read_file(File& file, std::int64_t since_us, const SessionTable& sessions);
  void note(std::string_view line, std::int64_t when_us, const SessionTable& sessions);

  std::unordered_map<SessionKey, Rejects> rejects_;
};

}  // namespace crawlspool::spool
