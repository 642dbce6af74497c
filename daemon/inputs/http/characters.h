// The sets of characters that HTTP's grammar names (RFC 9110, 5.5 and 5.6; RFC 9112).
#pragma once

#include <string>
#include <string_view>

namespace crawlspool::http {

[[nodiscard]] constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }  // of "OWS" and "BWS"
[[nodiscard]] constexpr bool is_visible(char c) { return c > ' ' && c < '\x7F'; }
[[nodiscard]] constexpr bool is_obs_text(char c) { return static_cast<unsigned char>(c) >= 0x80; }
[[nodiscard]] constexpr bool is_field_character(char c) { return is_blank(c) || is_visible(c) || is_obs_text(c); }
[[nodiscard]] constexpr bool is_token_character(char c) {
  return is_visible(c) && std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
}

[[nodiscard]] inline std::string lower(std::string_view text) {
  std::string out;
  for (const char c : text) out += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return out;
}

[[nodiscard]] constexpr std::string_view without_blanks_around(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace crawlspool::http
