// What rejected/ brings to the sessions at a start: a record that was refused has no line, and its number is
// acknowledged all the same. Source: FORMAT.md, "Sessions".
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>

#include "daemon/spool/lines/sessions.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

class RejectReplay {
 public:
  // Reads the spool's rejects since `since_us` (wall clock), and some before, that `sessions` as they were then do not
  // count yet. What cannot be read brings nothing: those records come again, and are refused again.
  void read(Directory& spool_directory, std::int64_t since_us, const SessionTable& sessions);

  // Counts them in sessions that have the numbers of all lines since; numbers that follow theirs without a gap are
  // acknowledged too.
  void apply(SessionTable& sessions) const;

 private:
  struct Rejects {
    std::set<std::uint64_t> seqs;
    std::int64_t newest_us = 0;
    std::string client;
  };

  [[nodiscard]] bool read_file(File& file, std::int64_t since_us, const SessionTable& sessions);
  void note(std::string_view line, std::int64_t when_us, const SessionTable& sessions);

  std::unordered_map<SessionKey, Rejects> rejects_;
};

}  // namespace crawlspool::spool
