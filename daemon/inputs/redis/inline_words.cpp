#include "daemon/inputs/redis/inline_words.h"

#include <utility>

namespace crawlspool::redis {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char meaning(char escaped) {
  constexpr std::string_view kEscapes = "nrtba";
  constexpr std::string_view kMeanings = "\n\r\t\b\a";
  const std::size_t at = kEscapes.find(escaped);
  return at == std::string_view::npos ? escaped : kMeanings[at];
}

// Takes what a backslash and the characters behind it stand for off the front of `rest`.
char take_escape(std::string_view& rest) {
  if (rest.size() >= 4 && rest[1] == 'x' && hex_value(rest[2]) >= 0 && hex_value(rest[3]) >= 0) {
    const int byte = hex_value(rest[2]) * 16 + hex_value(rest[3]);
    rest.remove_prefix(4);
    return static_cast<char>(byte);
  }
  const char one = meaning(rest[1]);
  rest.remove_prefix(2);
  return one;
}

// Takes the inside of quotes and the closing one; false where there is none, or no white space behind it.
bool take_quoted(std::string_view& rest, char quote, std::string& word) {
  while (!rest.empty()) {
    if (quote == '"' && rest.front() == '\\' && rest.size() >= 2) {
      word += take_escape(rest);
    } else if (quote == '\'' && rest.starts_with("\\'")) {
      word += '\'';
      rest.remove_prefix(2);
    } else if (rest.front() == quote) {
      rest.remove_prefix(1);
      return rest.empty() || is_space(rest.front());
    } else {
      word += rest.front();
      rest.remove_prefix(1);
    }
  }
  return false;
}

}  // namespace

std::optional<std::vector<std::string>> split_inline(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    while (!line.empty() && is_space(line.front())) line.remove_prefix(1);
    if (line.empty()) return words;
    std::string word;
    while (!line.empty() && !is_space(line.front())) {
      const char c = line.front();
      line.remove_prefix(1);
      if (c != '"' && c != '\'')
        word += c;
      else if (!take_quoted(line, c, word))
        return std::nullopt;
    }
    words.push_back(std::move(word));
  }
}

}  // namespace crawlspool::redis
