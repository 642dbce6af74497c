// Formats small pieces of text shared by logs, messages and files: JSON string bodies and bounded escapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace crawlspool::base {

// Appends `text` as the inside of a JSON string in printable ASCII and valid UTF-8: quotes, backslashes and
// controls (C0, DEL, C1, line separators, bidirectional marks) escaped, bytes that are no UTF-8 as \ufffd.
void append_json_escaped(std::string& out, std::string_view text);

// Returns `text` cut to at most `bytes_max` bytes, at a character's start.
[[nodiscard]] std::string_view clip(std::string_view text, std::size_t bytes_max);

// Empties `text` and gives its memory back, which assigning an empty string does not.
void free_text(std::string& text);

// Writes at most so many bytes for each byte of `text` at `out`, which append_json_escaped() would append; returns the
// end.
inline constexpr std::size_t kJsonEscapedBytesMax = 6;
[[nodiscard]] char* write_json_escaped(char* out, std::string_view text);

// Appends standard base64 with padding (RFC 4648, 4).
void append_base64(std::string& out, std::string_view bytes);
[[nodiscard]] constexpr std::size_t base64_bytes(std::size_t bytes) { return (bytes + 2) / 3 * 4; }
// Writes base64_bytes() at `out`; returns the end.
[[nodiscard]] char* write_base64(char* out, std::string_view bytes);
// Reads what append_base64 writes; returns nothing for anything else.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

// Returns percent-encoded text (RFC 3986, 2.1) as the bytes it stands for; nothing where a % has no two hex digits, or
// a byte should have been encoded.
[[nodiscard]] std::optional<std::string> decode_percents(std::string_view text);
// Returns the path of a URL that stands for these bytes.
[[nodiscard]] std::string encode_path(std::string_view bytes);

// Returns the length of the well-formed UTF-8 character at `text`'s start (RFC 3629), 0 if there is none.
[[nodiscard]] std::size_t utf8_character_bytes(std::string_view text);
// Returns that character; `length` is what utf8_character_bytes() says, above 0.
[[nodiscard]] std::uint32_t utf8_code_point(std::string_view text, std::size_t length);

}  // namespace crawlspool::base
