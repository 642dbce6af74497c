#include "daemon/base/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace crawlspool::base {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";  // base64

unsigned char byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }
bool is_continuation(unsigned char byte) { return (byte & 0xC0U) == 0x80; }

// Characters that move the cursor, end a line, or turn the reading direction in a terminal.
bool is_unprintable(std::uint32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0x9F) || point == 0x061C || point == 0x200E || point == 0x200F ||
         point == 0x2028 || point == 0x2029 || (point >= 0x202A && point <= 0x202E) ||
         (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

// Returns how many characters at the front of `text` stand in a JSON string as they are.
std::size_t plain_ascii_bytes(std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < 0x7F && c != '"' && c != '\\'; };
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_plain) - text.begin());
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

void append_u_escape(std::string& out, std::uint32_t point) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "\\u%04x", point);
  out += text.data();
}

}  // namespace

std::uint32_t utf8_code_point(std::string_view text, std::size_t length) {
  if (length == 1) return byte_at(text, 0);
  std::uint32_t point = byte_at(text, 0) & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (byte_at(text, i) & 0x3FU);
  return point;
}

std::size_t utf8_character_bytes(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                             : (lead & 0xF0U) == 0xE0      ? 3
                             : lead >= 0xF0 && lead < 0xF5 ? 4
                                                           : 0;
  if (length == 0 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!is_continuation(byte_at(text, i))) return 0;
  const std::uint32_t point = utf8_code_point(text, length);
  if (length == 3 && (point < 0x800 || (point >= 0xD800 && point <= 0xDFFF))) return 0;
  if (length == 4 && (point < 0x10000 || point > 0x10FFFF)) return 0;
  return length;
}

void append_json_escaped(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t plain = plain_ascii_bytes(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    const std::size_t length = utf8_character_bytes(text);
    if (length == 0) {
      out += "\\ufffd";
      text.remove_prefix(1);
      continue;
    }
    const std::uint32_t point = utf8_code_point(text, length);
    if (point == '"' || point == '\\') {
      out += '\\';
      out += static_cast<char>(point);
    } else if (is_unprintable(point)) {
      append_u_escape(out, point);
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

char* write_json_escaped(char* out, std::string_view text) {
  if (plain_ascii_bytes(text) == text.size()) return std::copy(text.begin(), text.end(), out);
  std::string escaped;
  append_json_escaped(escaped, text);
  return std::copy(escaped.begin(), escaped.end(), out);
}

std::string_view clip(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && is_continuation(byte_at(text, end))) --end;
  return text.substr(0, end);
}

void free_text(std::string& text) { std::string().swap(text); }

void append_base64(std::string& out, std::string_view bytes) {
  const std::size_t before = out.size();
  out.resize(before + base64_bytes(bytes.size()));
  static_cast<void>(write_base64(out.data() + before, bytes));
}

char* write_base64(char* out, std::string_view bytes) {
  const auto put = [&out](std::uint32_t group, int characters) {
    for (int i = 0; i < 4; ++i) *out++ = i < characters ? kAlphabet[(group >> (18 - 6 * i)) & 0x3FU] : '=';
  };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3)
    put(static_cast<std::uint32_t>(byte_at(bytes, i)) << 16 | static_cast<std::uint32_t>(byte_at(bytes, i + 1)) << 8 |
            byte_at(bytes, i + 2),
        4);
  if (bytes.size() - i == 1) put(static_cast<std::uint32_t>(byte_at(bytes, i)) << 16, 2);
  if (bytes.size() - i == 2)
    put(static_cast<std::uint32_t>(byte_at(bytes, i)) << 16 | static_cast<std::uint32_t>(byte_at(bytes, i + 1)) << 8,
        3);
  return out;
}

// Takes only the spelling that append_base64 has: encoded again it is the same.
std::optional<std::string> decode_base64(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text.substr(0, text.find('='))) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return std::nullopt;
    group = group << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFFU);
  }
  std::string spelled;
  append_base64(spelled, bytes);
  return spelled == text ? std::optional(bytes) : std::nullopt;
}

std::optional<std::string> decode_percents(std::string_view text) {
  std::string decoded;
  while (!text.empty()) {
    const char c = text.front();
    if (c <= ' ' || c > '~') return std::nullopt;  // bytes from 80 on are below 0, where char has a sign
    if (c != '%') {
      decoded += c;
      text.remove_prefix(1);
      continue;
    }
    const auto high = text.size() > 2 ? hex_digit(text[1]) : std::nullopt;
    const auto low = text.size() > 2 ? hex_digit(text[2]) : std::nullopt;
    if (!high || !low) return std::nullopt;
    decoded += static_cast<char>(*high << 4U | *low);
    text.remove_prefix(3);
  }
  return decoded;
}

std::string encode_path(std::string_view bytes) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c > ' ' && c <= '~' && c != '%' && c != '?' && c != '#')
      text += c;
    else
      ((text += '%') += kHexDigits[byte >> 4U]) += kHexDigits[byte & 15U];
  }
  return text;
}

}  // namespace crawlspool::base
