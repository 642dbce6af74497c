#include "proto/charsets.h"

#include <algorithm>
#include <string>

namespace crawlspool::proto {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_among(std::string_view name, std::string_view words) {
  for (std::size_t at = words.find(name); at != std::string_view::npos; at = words.find(name, at + 1)) {
    const bool begins = at == 0 || words[at - 1] == ' ';
    const bool ends = at + name.size() == words.size() || words[at + name.size()] == ' ';
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

std::optional<Charset> find_charset(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 32;  // longer than any
  if (name.empty() || name.size() > kNameBytesMax || name.find(' ') != std::string_view::npos) return std::nullopt;
  std::string wanted(name);
  std::transform(wanted.begin(), wanted.end(), wanted.begin(), lower);
  for (const Charset charset : kAllCharsets)
    if (word(charset) == wanted || is_among(wanted, info(charset).aliases)) return charset;
  return std::nullopt;
}

}  // namespace crawlspool::proto
