#include "daemon/spool/write/session_numbers.h"

#include <algorithm>

#include "daemon/spool/recovery/session_replay.h"

namespace crawlspool::spool {

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
  for (const auto& [key, mark] : added_) synced_.advance(key, mark.client, mark.last_seq, now_us, mark.rejected);
  added_.clear();
}

}  // namespace crawlspool::spool
