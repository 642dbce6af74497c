#include "daemon/json/escapes.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace crawlspool::json {
namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::size_t kBlockBytes = 64;
static_assert(kBlockBytes <= kEscapesPaddingBytes);

// ---- where backslashes are: a bit for each byte of a block, the first one's lowest ----

#ifdef __SSE2__

std::uint64_t backslashes(const char* block) {
  constexpr std::size_t kLane = sizeof(__m128i);
  const __m128i wanted = _mm_set1_epi8('\\');
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kBlockBytes; i += kLane) {
    __m128i lane;
    std::memcpy(&lane, block + i, sizeof lane);
    bits |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(lane, wanted)))} << i;
  }
  return bits;
}

#else

std::uint64_t backslashes(const char* block) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < kBlockBytes; ++i) bits |= std::uint64_t{block[i] == '\\'} << i;
  return bits;
}

#endif

// ---- one escape ----

constexpr auto kIsSimple = [] {
  std::array<bool, 256> is_simple{};
  for (const unsigned char c : {'"', '\\', '/', 'b', 'f', 'n', 'r', 't'}) is_simple[c] = true;
  return is_simple;
}();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Returns the four digits behind a \u, or nothing if they are none.
std::optional<unsigned> code_unit(std::string_view text, std::size_t at) {
  if (at + 4 > text.size()) return std::nullopt;
  int unit = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int value = hex_value(text[at + i]);
    if (value < 0) return std::nullopt;
    unit = unit * 16 + value;
  }
  return static_cast<unsigned>(unit);
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xdc00 && unit < 0xe000; }

// Returns the end of the character whose \u is at `at`, in one escape or a pair; kNone if it is none.
std::size_t unicode_end(std::string_view text, std::size_t at) {
  const auto unit = code_unit(text, at + 2);
  if (!unit || is_low_surrogate(*unit)) return kNone;
  at += 6;
  if (!is_high_surrogate(*unit)) return at;
  if (text.substr(at, 2) != "\\u") return kNone;
  const auto second = code_unit(text, at + 2);
  return second && is_low_surrogate(*second) ? at + 6 : kNone;
}

// Returns the end of the escape that begins at `at`, or kNone if none does.
std::size_t escape_end(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size()) return kNone;
  const char kind = text[at + 1];
  if (kIsSimple[static_cast<unsigned char>(kind)]) return at + 2;
  return kind == 'u' ? unicode_end(text, at) : kNone;
}

}  // namespace

std::optional<std::size_t> first_bad_escape(std::string_view text) {
  std::size_t judged_to = 0;
  for (std::size_t block = 0; block < text.size(); block += kBlockBytes) {
    std::uint64_t bits = backslashes(text.data() + block);
    for (; bits != 0; bits &= bits - 1) {
      const std::size_t at = block + static_cast<std::size_t>(std::countr_zero(bits));
      if (at < judged_to) continue;  // the second one of a pair, or of a surrogate pair
      if (at >= text.size()) break;
      judged_to = escape_end(text, at);
      if (judged_to == kNone) return at;
    }
  }
  return std::nullopt;
}

}  // namespace crawlspool::json
