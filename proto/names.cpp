#include "proto/names.h"

#include <algorithm>

namespace crawlspool::proto {
namespace {

constexpr std::size_t kNameBytesMax = 128;

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

bool is_name_of(std::string_view text, std::string_view others) {
  return !text.empty() && text.size() <= kNameBytesMax && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter_or_digit(c) || others.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool is_client_name(std::string_view text) { return is_name_of(text, "._-:"); }

bool is_stream_name(std::string_view text) { return is_name_of(text, "._-:/"); }

bool is_session(std::string_view text) {
  return text.size() == kSessionDigits && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

}  // namespace crawlspool::proto
