// What the lines behind a snapshot bring to it: the sessions' numbers, how many lines there are, and the newest time.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/sessions.h"

namespace crawlspool::spool {

struct SessionReplay {
  SessionTable sessions;
  std::uint64_t lines = 0;
  std::int64_t newest_us = 0;  // the last line's ts; 0: there was none

  void add(const SoundLine& line);
};

// What a line brings to its session; nothing if it is not sound or has none.
[[nodiscard]] std::optional<SessionMark> session_mark(std::string_view line);

}  // namespace crawlspool::spool
