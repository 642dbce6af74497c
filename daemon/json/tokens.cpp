#include "daemon/json/tokens.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace crawlspool::json {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// Takes at least one digit; else returns kNone.
std::size_t take_digits(std::string_view text, std::size_t at) {
  const std::size_t end = skip_digits(text, at);
  return end == at ? kNone : end;
}

// Returns the end of the number that begins at `at`, of any size, or kNone if there is none.
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

constexpr unsigned char kFirstPrintable = 0x20;

bool is_control(char c) { return static_cast<unsigned char>(c) < kFirstPrintable; }

bool is_plain(char c) { return c != '"' && c != '\\' && !is_control(c); }

#ifdef __SSE2__

constexpr std::size_t kLaneBytes = sizeof(__m128i);

// Returns a bit for each byte of a lane that is not plain, the first one's lowest.
unsigned not_plain(const char* lane_start) {
  __m128i lane;
  std::memcpy(&lane, lane_start, sizeof lane);
  const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(lane, _mm_set1_epi8(kFirstPrintable - 1)), lane);
  const __m128i quote = _mm_cmpeq_epi8(lane, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(lane, _mm_set1_epi8('\\'));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(control, _mm_or_si128(quote, backslash))));
}

#else

constexpr std::size_t kLaneBytes = 8;

unsigned not_plain(const char* lane_start) {
  unsigned bits = 0;
  for (std::size_t i = 0; i < kLaneBytes; ++i) bits |= unsigned{!is_plain(lane_start[i])} << i;
  return bits;
}

#endif

// Returns the first place from `at` on with a byte that is not only itself in a string: a quote, a backslash or a
// control character. The text's size if there is none. Most of a large record is such strings, and nothing else is
// served on its loop while it is checked.
std::size_t plain_end(std::string_view text, std::size_t at) {
  for (; at + kLaneBytes <= text.size(); at += kLaneBytes)
    if (const unsigned bits = not_plain(text.data() + at); bits != 0)
      return at + static_cast<std::size_t>(std::countr_zero(bits));
  while (at < text.size() && is_plain(text[at])) ++at;
  return at;
}

std::size_t string_end(std::string_view text, std::size_t at, bool& is_faulty) {
  for (at = plain_end(text, at + 1); at < text.size() && text[at] != '"'; at = plain_end(text, at)) {
    const bool is_escape = text[at] == '\\' && at + 1 < text.size() && !is_control(text[at + 1]);
    is_faulty = is_faulty || !is_escape;
    at += is_escape ? 2 : 1;
  }
  is_faulty = is_faulty || at >= text.size();
  return std::min(at + 1, text.size());
}

bool ends_token(char c) { return c == ',' || c == '}' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

bool is_scalar(std::string_view text, std::size_t at) {
  const std::size_t end = scalar_end(text, at);
  return end != kNone && (end == text.size() || ends_token(text[end]));
}

std::optional<std::size_t> string_fault(std::string_view text) {
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (in_string) at = plain_end(text, at);
    if (at == text.size()) break;
    const char c = text[at];
    if (in_string && is_control(c)) return at;
    if (c == '\\' && at + 1 < text.size() && !is_control(text[at + 1]))
      ++at;
    else if (c == '"')
      in_string = !in_string;
  }
  return in_string ? std::optional(text.size()) : std::nullopt;
}

std::size_t first_string_fault(std::string_view text) { return string_fault(text).value_or(text.size()); }

std::size_t first_token(std::string_view text) { return skip_white_space(text, 0); }

std::size_t next_token(std::string_view text, std::size_t at, bool& has_string_fault) {
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
      at = string_end(text, at, has_string_fault);
      break;
    default:
      while (at < text.size() && !ends_token(text[at])) ++at;
  }
  return skip_white_space(text, at);
}

}  // namespace crawlspool::json
