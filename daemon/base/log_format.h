// Carries a log event between the call and its destination: one string of separated fields, so that it can pass through
// spdlog's queue, and its renderings as logfmt, JSON and journal fields. Pure text; no I/O.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/base/log.h"

namespace crawlspool::base {

// Writes the event, then for each field: separator, kind ('t' text, 'n' bare), key, '=', value. The separator (0x1F) in
// values is replaced.
[[nodiscard]] std::string encode_event(std::string_view event, LogFields fields, std::uint64_t suppressed);

struct EncodedField {
  std::string_view key;
  std::string_view value;
  bool is_text;
};
struct EncodedEvent {
  std::string_view event;
  std::vector<EncodedField> fields;
};
[[nodiscard]] EncodedEvent decode_event(std::string_view encoded);  // views into `encoded`

// Writes `ts=… level=… event=… key=value …`; with an empty `timestamp` ts and level are omitted (the journal has its
// own).
void render_logfmt(std::string& out, const EncodedEvent& event, std::string_view timestamp, std::string_view level);
void render_json(std::string& out, const EncodedEvent& event, std::string_view timestamp, std::string_view level);
// Returns `NAME=value` each, as the journal takes them: MESSAGE (logfmt without ts and level), PRIORITY (as syslog
// counts), SYSLOG_IDENTIFIER, CRAWLSPOOL_EVENT, and CRAWLSPOOL_KEY for each field, its value escaped as in a quoted
// string.
[[nodiscard]] std::vector<std::string> render_journal_fields(const EncodedEvent& event, int priority);

}  // namespace crawlspool::base
