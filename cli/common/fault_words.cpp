#include "cli/common/fault_words.h"

#include <array>
#include <cctype>
#include <cstdio>

#include "cli/common/console.h"
#include "proto/codes.h"

namespace crawlspool::cli {
namespace {

constexpr std::size_t kWordBytesMax = 24;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_'; }

std::string byte_words(char c) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "byte 0x%02x", static_cast<unsigned char>(c));
  return text.data();
}

std::string found(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "the line ends there";
  if (std::isprint(static_cast<unsigned char>(text[at])) == 0) return "found " + byte_words(text[at]);
  std::size_t end = at + 1;
  if (is_word(text[at]))
    while (end < text.size() && end - at < kWordBytesMax && is_word(text[end])) ++end;
  return "found '" + std::string(text.substr(at, end - at)) + "'";
}

// Follows a text that is sound up to a place, and knows what may come next there.
class Follower {
 public:
  // Returns false if the place lies within a string.
  bool go_to(std::string_view text, std::size_t place) {
    std::size_t at = 0;
    while (at < place && at < text.size()) {
      if (is_blank(text[at])) {
        ++at;
        continue;
      }
      const std::size_t end = token_end(text, at);
      if (end > place) return text[at] != '"';
      take(text[at]);
      at = end;
    }
    return true;
  }

  [[nodiscard]] std::string expected() const {
    switch (state_) {
      case State::kValue:
        return open_.empty() ? "a record begins with {, [, a string, a number, true, false or null"
                             : "a value is expected";
      case State::kFirstElement:
        return "a value or ] is expected";
      case State::kFirstName:
        return "a name in double quotes or } is expected";
      case State::kName:
        return "a name in double quotes is expected";
      case State::kColon:
        return "a colon is expected";
      case State::kBehind:
        break;
    }
    if (open_.empty()) return "nothing may follow a record in its line";
    return open_.back() == '{' ? "a comma or } is expected" : "a comma or ] is expected";
  }

 private:
  enum class State { kValue, kFirstElement, kFirstName, kName, kColon, kBehind };

  static std::size_t token_end(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    if (text[at] == '"') {
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      return end + 1;
    }
    if (is_word(text[at]))
      while (end < text.size() && (is_word(text[end]) || text[end] == '+')) ++end;
    return end;
  }

  void take(char first) {
    if (first == '{' || first == '[') {
      open_ += first;
      state_ = first == '{' ? State::kFirstName : State::kFirstElement;
    } else if (first == '}' || first == ']') {
      if (!open_.empty()) open_.pop_back();
      state_ = State::kBehind;
    } else if (first == ',') {
      state_ = !open_.empty() && open_.back() == '{' ? State::kName : State::kValue;
    } else if (first == ':') {
      state_ = State::kValue;
    } else {
      state_ = state_ == State::kName || state_ == State::kFirstName ? State::kColon : State::kBehind;
    }
  }

  std::string open_;  // holds a brace or bracket for each object and array that is open
  State state_ = State::kValue;
};

std::string string_fault(std::string_view text, std::size_t at) {
  if (at >= text.size()) return "a string has no end";
  if (text[at] == '\\') return "a backslash begins \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX";
  return "a string holds no control characters but as \\n, \\t or \\uXXXX; found " + byte_words(text[at]);
}

}  // namespace

std::string fault_words(std::string_view record, std::string_view code, const std::optional<std::uint64_t>& offset) {
  if (!offset || record.empty() || *offset > record.size()) return {};
  const auto at = static_cast<std::size_t>(*offset);
  if (code == proto::word(proto::RejectCode::kInvalidUtf8))
    return at < record.size() ? "found " + byte_words(record[at]) : "";
  if (code != proto::word(proto::RejectCode::kInvalidJson)) return {};
  Follower follower;
  if (!follower.go_to(record, at)) return string_fault(record, at);
  return follower.expected() + "; " + found(record, at);
}

std::string verdict_words(std::string_view record, std::string_view code, const std::string& detail,
                          const std::optional<std::uint64_t>& offset) {
  std::string words = std::string(code) + (detail.empty() ? "" : ": " + detail);
  const std::string at = offset ? "at byte " + std::to_string(*offset) : "";
  if (!words.ends_with(at)) words += " (" + at + ")";
  const std::string fault = fault_words(record, code, offset);
  return shown(fault.empty() ? words : words + ": " + fault);
}

}  // namespace crawlspool::cli
