#include "daemon/base/log_format.h"

#include <algorithm>

#include "daemon/base/text.h"

namespace crawlspool::base {
namespace {

constexpr char kSeparator = '\x1f';

void encode_field(std::string& out, const LogField& field) {
  out += kSeparator;
  out += field.is_text() ? 't' : 'n';
  out += field.key();
  out += '=';
  const std::size_t start = out.size();
  out += field.text();
  std::replace(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), kSeparator, '?');
}

bool is_bare(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(),
                                       [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\'; });
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  append_json_escaped(out, value);
  out += '"';
}

void append_logfmt_field(std::string& out, std::string_view key, std::string_view value) {
  if (!out.empty() && out.back() != '\n') out += ' ';
  out += key;
  out += '=';
  if (is_bare(value))
    out += value;
  else
    append_quoted(out, value);
}

void append_json_field(std::string& out, std::string_view key, std::string_view value, bool is_text) {
  out += out.back() == '{' ? "\"" : ",\"";
  out += key;
  out += "\":";
  if (is_text)
    append_quoted(out, value);
  else
    out += value;
}

// The journal's names are of A-Z, 0-9 and _.
std::string journal_name(std::string_view key) {
  std::string name = "CRAWLSPOOL_";
  for (const char c : key) name += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

}  // namespace

std::string encode_event(std::string_view event, LogFields fields, std::uint64_t suppressed) {
  std::string out(event);
  for (const LogField& field : fields) encode_field(out, field);
  if (suppressed > 0) encode_field(out, LogField("suppressed", suppressed));
  return out;
}

EncodedEvent decode_event(std::string_view encoded) {
  EncodedEvent result;
  std::size_t end = encoded.find(kSeparator);
  result.event = encoded.substr(0, end);
  while (end != std::string_view::npos) {
    encoded.remove_prefix(end + 1);
    end = encoded.find(kSeparator);
    const std::string_view field = encoded.substr(0, end);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) continue;
    result.fields.push_back({field.substr(1, equals - 1), field.substr(equals + 1), field.front() == 't'});
  }
  return result;
}

void render_logfmt(std::string& out, const EncodedEvent& event, std::string_view timestamp, std::string_view level) {
  if (!timestamp.empty()) {
    append_logfmt_field(out, "ts", timestamp);
    append_logfmt_field(out, "level", level);
  }
  append_logfmt_field(out, "event", event.event);
  for (const EncodedField& field : event.fields) append_logfmt_field(out, field.key, field.value);
}

void render_json(std::string& out, const EncodedEvent& event, std::string_view timestamp, std::string_view level) {
  out += '{';
  if (!timestamp.empty()) {
    append_json_field(out, "ts", timestamp, true);
    append_json_field(out, "level", level, true);
  }
  append_json_field(out, "event", event.event, true);
  for (const EncodedField& field : event.fields) append_json_field(out, field.key, field.value, field.is_text);
  out += '}';
}

std::vector<std::string> render_journal_fields(const EncodedEvent& event, int priority) {
  std::string message;
  render_logfmt(message, event, {}, {});
  std::vector<std::string> fields{"MESSAGE=" + message, "PRIORITY=" + std::to_string(priority),
                                  "SYSLOG_IDENTIFIER=crawlspoold", "CRAWLSPOOL_EVENT=" + std::string(event.event)};
  for (const EncodedField& field : event.fields) {
    std::string value = journal_name(field.key) + "=";
    append_json_escaped(value, field.value);
    fields.push_back(std::move(value));
  }
  return fields;
}

}  // namespace crawlspool::base
