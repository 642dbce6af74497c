// Lines of a spool as tests need them: made, marked, and read back.
#pragma once

#include <charconv>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/sessions.h"

namespace crawlspool::test {

inline constexpr std::int64_t kLineTimeUs = 1'795'147'506'123'456;  // 2026-11-20T04:05:06.123456Z

struct LineParts {
  std::uint64_t seq = 1;
  std::string_view record = "{}";
  std::int64_t ts_us = kLineTimeUs;
  std::optional<spool::SessionKey> session = std::nullopt;
  std::string_view client = {};
};

[[nodiscard]] inline std::string make_line(const LineParts& parts) {
  spool::Origin origin = spool::make_origin("stream", "127.0.0.1:1");
  if (!parts.client.empty()) origin.before_seq += ",\"client\":\"" + std::string(parts.client) + '"';
  if (parts.session) origin.before_seq += ",\"session\":\"" + spool::session_digits(*parts.session) + '"';
  char timestamp[base::kTimestampBytes];
  base::format_timestamp(parts.ts_us, timestamp);
  std::string line(spool::envelope_bytes_max(origin) + parts.record.size(), '?');
  char* const end = spool::write_line(line.data(), timestamp, origin, parts.seq, parts.record);
  line.resize(static_cast<std::size_t>(end - line.data()));
  return line;
}

[[nodiscard]] inline std::string spool_line(std::uint64_t seq, std::string_view record = "{}") {
  return make_line({.seq = seq, .record = record});
}

// The line with `"synced":position` in front.
[[nodiscard]] inline std::string marked(std::string_view line, spool::Position position) {
  const spool::SyncedMark mark = spool::mark_synced(line, position);
  line.remove_prefix(1);
  line.remove_suffix(spool::kTrailerBytes + spool::kLineEndBytes);
  return mark.head + std::string(line) + mark.trailer;
}

// The seq of each sound line, in order.
[[nodiscard]] inline std::vector<std::uint64_t> seqs_in(std::string_view content) {
  std::vector<std::uint64_t> seqs;
  while (!content.empty()) {
    const std::string_view line = content.substr(0, content.find('\n') + 1);
    if (line.empty()) break;
    if (const auto sound = spool::check_line(line))
      seqs.push_back(spool::envelope_number(sound->envelope, "seq").value_or(0));
    content.remove_prefix(line.size());
  }
  return seqs;
}

}  // namespace crawlspool::test
