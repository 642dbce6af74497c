#include "daemon/ingest/json_numbers.h"

#include <algorithm>

namespace crawlspool::ingest {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// The end of the number that starts at `at`, or npos if there is none.
std::size_t number_end(std::string_view text, std::size_t at) {
  constexpr std::size_t kNone = std::string_view::npos;
  const auto digits_from = [&](std::size_t from) {
    const std::size_t end = skip_digits(text, from);
    return end == from ? kNone : end;
  };
  if (at < text.size() && text[at] == '-') ++at;
  if (at >= text.size() || !is_digit(text[at])) return kNone;
  at = text[at] == '0' ? at + 1 : skip_digits(text, at);
  if (at < text.size() && text[at] == '.') {
    at = digits_from(at + 1);
    if (at == kNone) return kNone;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    at = digits_from(at);
  }
  return at;
}

// What may stand right behind a number.
bool ends_token(std::string_view text, std::size_t at) {
  return at == text.size() || std::string_view(" \t\r\n,]}").find(text[at]) != std::string_view::npos;
}

std::size_t string_end(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

}  // namespace

std::optional<std::size_t> flatten_numbers(std::string& json) {
  for (std::size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      at = string_end(json, at);
    } else if (c == '-' || is_digit(c)) {
      const std::size_t end = number_end(json, at);
      if (end == std::string::npos || !ends_token(json, end)) return at;
      json[at] = '0';
      std::fill(json.begin() + static_cast<std::ptrdiff_t>(at) + 1, json.begin() + static_cast<std::ptrdiff_t>(end),
                ' ');
      at = end;
    } else {
      ++at;
    }
  }
  return std::nullopt;
}

}  // namespace crawlspool::ingest
