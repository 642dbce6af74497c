#include "daemon/ingest/json_tokens.h"

#include <algorithm>

namespace crawlspool::ingest {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// At least one; else kNone.
std::size_t take_digits(std::string_view text, std::size_t at) {
  const std::size_t end = skip_digits(text, at);
  return end == at ? kNone : end;
}

// The end of the number that begins at `at`, of any size, or kNone if there is none.
std::size_t number_end(std::string_view text, std::size_t at) {
  if (text[at] == '-') ++at;
  if (at >= text.size() || !is_digit(text[at])) return kNone;
  at = text[at] == '0' ? at + 1 : skip_digits(text, at);
  if (at < text.size() && text[at] == '.') {
    at = take_digits(text, at + 1);
    if (at == kNone) return kNone;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    at = take_digits(text, at);
  }
  return at;
}

std::size_t literal_end(std::string_view text, std::size_t at, std::string_view literal) {
  return text.substr(at, literal.size()) == literal ? at + literal.size() : kNone;
}

std::size_t scalar_end(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case 't':
      return literal_end(text, at, "true");
    case 'f':
      return literal_end(text, at, "false");
    case 'n':
      return literal_end(text, at, "null");
    default:
      return number_end(text, at);
  }
}

std::size_t skip_white_space(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) ++at;
  return at;
}

std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

bool ends_token(char c) { return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

bool is_scalar(std::string_view text, std::size_t at) {
  const std::size_t end = scalar_end(text, at);
  return end != kNone && (end == text.size() || ends_token(text[end]));
}

std::optional<std::size_t> string_fault(std::string_view text) {
  constexpr unsigned char kFirstPrintable = 0x20;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (in_string && static_cast<unsigned char>(c) < kFirstPrintable) return at;
    const bool escapes =
        c == '\\' && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) >= kFirstPrintable;
    if (escapes)
      ++at;
    else if (c == '"')
      in_string = !in_string;
  }
  return in_string ? std::optional(text.size()) : std::nullopt;
}

std::size_t first_string_fault(std::string_view text) { return string_fault(text).value_or(text.size()); }

std::size_t first_token(std::string_view text) { return skip_white_space(text, 0); }

std::size_t next_token(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case '{':
    case '}':
    case '[':
    case ']':
    case ':':
    case ',':
      ++at;
      break;
    case '"':
      at = string_end(text, at);
      break;
    default:
      while (at < text.size() && !ends_token(text[at])) ++at;
  }
  return skip_white_space(text, at);
}

}  // namespace crawlspool::ingest
