// Lines of a spool as tests need them: made, marked, and read back.
#pragma once

#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/line.h"

namespace crawlspool::test {

[[nodiscard]] inline std::string spool_line(std::uint64_t seq, std::string_view record = "{}") {
  const spool::Origin origin = spool::make_origin("tcp", "127.0.0.1:1");
  char timestamp[base::kTimestampBytes];
  std::memcpy(timestamp, "2026-11-20T04:05:06.123456Z", base::kTimestampBytes);
  std::string line(spool::envelope_bytes_max(origin) + record.size(), '?');
  char* const end = spool::write_line(line.data(), timestamp, origin, seq, record);
  line.resize(static_cast<std::size_t>(end - line.data()));
  return line;
}

// The line with `"synced":position` in front.
[[nodiscard]] inline std::string marked(std::string_view line, spool::Position position) {
  const spool::SyncedMark mark = spool::mark_synced(line, position);
  line.remove_prefix(1);
  line.remove_suffix(spool::kTrailerBytes + spool::kLineEndBytes);
  return mark.head + std::string(line) + mark.trailer;
}

// The seq of each line that proves itself, in order.
[[nodiscard]] inline std::vector<std::uint64_t> seqs_in(std::string_view content) {
  std::vector<std::uint64_t> seqs;
  while (!content.empty()) {
    const std::string_view line = content.substr(0, content.find('\n') + 1);
    if (line.empty()) break;
    if (const auto sound = spool::check_line(line)) {
      const auto digits = spool::envelope_member(sound->envelope, "seq").value_or("0");
      std::from_chars(digits.data(), digits.data() + digits.size(), seqs.emplace_back());
    }
    content.remove_prefix(line.size());
  }
  return seqs;
}

}  // namespace crawlspool::test
