#include "proto/names.h"

#include <algorithm>

#include "daemon/base/text.h"
#include "proto/stream_characters.h"

namespace crawlspool::proto {
namespace {

constexpr std::size_t kNameBytesMax = 128;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_refused(std::uint32_t point) {
  const auto* const behind = std::upper_bound(kNotInStreamNames.begin(), kNotInStreamNames.end(), point,
                                              [](std::uint32_t one, const CodePoints& row) { return one < row.first; });
  return behind != kNotInStreamNames.begin() && point <= std::prev(behind)->last;
}

}  // namespace

bool is_client_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("._-:").find(c) != std::string_view::npos;
  });
}

bool is_stream_name(std::string_view text) {
  if (text.empty() || text.size() > kNameBytesMax) return false;
  while (!text.empty()) {
    const std::size_t length = base::utf8_character_bytes(text);
    if (length == 0 || is_refused(base::utf8_code_point(text, length))) return false;
    text.remove_prefix(length);
  }
  return true;
}

bool is_session(std::string_view text) {
  return text.size() == kSessionDigits && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace crawlspool::proto
