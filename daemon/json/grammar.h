// Checks JSON's grammar over the places where a text's tokens begin (RFC 8259, sections 2 to 5): which may follow
// which, and how deep they lie. Finding the tokens, and that the text is UTF-8, is simdjson's first stage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace crawlspool::json {

// Says what is wrong, and the first byte of it; the text's size where something is missing at the end.
struct JsonFault {
  enum class Kind { kSyntax, kTooDeep };
  Kind kind;
  std::size_t offset;
};

class JsonGrammar {
 public:
  // `depth_max`: how many arrays and objects may be open at once.
  explicit JsonGrammar(std::size_t depth_max) : depth_max_(depth_max) {}

  [[nodiscard]] std::size_t depth_max() const { return depth_max_; }
  void set_depth_max(std::size_t depth_max) { depth_max_ = depth_max; }

  // Returns nothing if the text is one value. `tokens`: where each brace, bracket, colon and comma outside of strings
  // is, where each string begins, and where each other run of bytes that are no white space does. All strings are
  // closed.
  [[nodiscard]] std::optional<JsonFault> find_fault(std::string_view text, std::span<const std::uint32_t> tokens);
  // The same, finding the tokens itself: slower, and without memory for their places. Where it sets `has_string_fault`,
  // a string has what string_fault() finds, and the answer means nothing.
  [[nodiscard]] std::optional<JsonFault> find_fault(std::string_view text, bool& has_string_fault);

 private:
  template <class Tokens>
  [[nodiscard]] std::optional<JsonFault> find_fault_of(Tokens reader);

  std::size_t depth_max_;
  std::string open_;  // a brace or bracket for each array and object that is
};

}  // namespace crawlspool::json
