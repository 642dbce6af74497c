#include "daemon/inputs/redis/push_command.h"

#include <algorithm>
#include <array>

namespace crawlspool::redis {
namespace {

using Parts = std::span<const std::string_view>;

constexpr std::size_t kPieceBytes = 4096;  // looked at between two looks at the limit

std::string wrong_number(std::string_view command) {
  std::string text = "wrong number of arguments for '";
  return (text += command) += "' command";
}

// What stands behind the backslash of a byte's escape: 0 for none, u for \u00XX.
constexpr auto kEscapes = [] {
  std::array<char, 256> escapes{};
  for (std::size_t c = 0; c < ' '; ++c) escapes[c] = 'u';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}();
constexpr std::size_t kEscapedBytesMax = 6;

// As a JSON string has it. Whether the bytes are UTF-8 is the record checker's to say.
void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  const std::size_t before = out.size();
  out.resize(before + kEscapedBytesMax * text.size());
  char* end = out.data() + before;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const char escape = kEscapes[byte];
    if (escape == 0) {
      *end++ = c;
      continue;
    }
    *end++ = '\\';
    *end++ = escape;
    if (escape != 'u') continue;
    for (const char digit : {'0', '0', kHexDigits[byte >> 4U], kHexDigits[byte & 0xFU]}) *end++ = digit;
  }
  out.resize(static_cast<std::size_t>(end - out.data()));
}

// False once `out` is longer than `bytes_max`.
bool append_string(std::string& out, std::string_view text, std::uint64_t bytes_max) {
  out += '"';
  for (; !text.empty() && out.size() <= bytes_max; text.remove_prefix(std::min(text.size(), kPieceBytes)))
    append_escaped(out, text.substr(0, kPieceBytes));
  out += '"';
  return out.size() <= bytes_max;
}

bool is_record_field(std::string_view field) {
  constexpr std::array<std::string_view, 3> kFields{"item", "data", "record"};
  return std::find(kFields.begin(), kFields.end(), field) != kFields.end();
}

// Takes the options in front of the id off `rest`. What they ask for is about what Redis keeps, and changes nothing.
void skip_options(Parts& rest) {
  while (!rest.empty()) {
    if (is_word(rest[0], "NOMKSTREAM")) {
      rest = rest.subspan(1);
    } else if ((is_word(rest[0], "MAXLEN") || is_word(rest[0], "MINID")) && rest.size() >= 2) {
      const bool has_sign = rest[1] == "=" || rest[1] == "~";
      rest = rest.subspan(std::min<std::size_t>(has_sign ? 3 : 2, rest.size()));
      if (rest.size() >= 2 && is_word(rest[0], "LIMIT")) rest = rest.subspan(2);
    } else {
      return;
    }
  }
}

}  // namespace

bool is_word(std::string_view text, std::string_view word) {
  return text.size() == word.size() && std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) {
           return (a >= 'a' && a <= 'z' ? static_cast<char>(a - 'a' + 'A') : a) == b;
         });
}

tl::expected<PushedItems, std::string> read_push(Parts parts) {
  if (parts.size() < 3) return tl::unexpected(wrong_number(is_word(parts[0], "LPUSH") ? "lpush" : "rpush"));
  return PushedItems{parts[1], parts.subspan(2)};
}

tl::expected<AddedEntry, std::string> read_xadd(Parts parts) {
  if (parts.size() < 5) return tl::unexpected(wrong_number("xadd"));
  Parts rest = parts.subspan(2);
  skip_options(rest);
  if (rest.empty()) return tl::unexpected(wrong_number("xadd"));
  if (rest[0] != "*")
    return tl::unexpected(std::string("crawlspool bad_id the id of XADD is *: positions are given here"));
  rest = rest.subspan(1);
  if (rest.empty() || rest.size() % 2 != 0) return tl::unexpected(wrong_number("xadd"));
  return AddedEntry{parts[1], rest};
}

EntryRecord record_of(const AddedEntry& entry, std::uint64_t record_bytes_max, std::size_t padding,
                      FieldDecoder& decoder, std::string& made) {
  if (entry.fields.size() == 2 && is_record_field(entry.fields[0])) return {entry.fields[1]};
  made.clear();
  for (std::size_t i = 0; i < entry.fields.size(); ++i) {
    made += i == 0 ? '{' : i % 2 == 0 ? ',' : ':';
    std::string_view text = entry.fields[i];
    if (!decoder.decode(text)) return {entry.fields[i]};
    if (!append_string(made, text, record_bytes_max)) break;
  }
  made += '}';
  made.reserve(made.size() + padding);
  return {made, true};
}

}  // namespace crawlspool::redis
