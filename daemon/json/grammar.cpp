#include "daemon/json/grammar.h"

#include "daemon/json/tokens.h"

namespace crawlspool::json {
namespace {

// Reads the tokens one after the other, by their first byte; 0 at the end, which no token begins with that is taken.
class TokenReader {
 public:
  TokenReader(std::string_view text, std::span<const std::uint32_t> places) : text_(text), places_(places) {}

  [[nodiscard]] char peek() const { return next_ < places_.size() ? text_[places_[next_]] : '\0'; }
  [[nodiscard]] bool take(char c) {
    if (peek() != c) return false;
    ++next_;
    return true;
  }
  [[nodiscard]] bool take_scalar() {
    if (is_at_end() || !is_scalar(text_, places_[next_])) return false;
    ++next_;
    return true;
  }
  [[nodiscard]] bool is_at_end() const { return next_ == places_.size(); }
  [[nodiscard]] std::size_t place() const { return is_at_end() ? text_.size() : places_[next_]; }

 private:
  std::string_view text_;
  std::span<const std::uint32_t> places_;
  std::size_t next_ = 0;
};

// Does the same without their places.
class TokenScanner {
 public:
  TokenScanner(std::string_view text, bool& has_string_fault)
      : text_(text), has_string_fault_(has_string_fault), place_(first_token(text)) {}

  [[nodiscard]] char peek() const { return is_at_end() ? '\0' : text_[place_]; }
  [[nodiscard]] bool take(char c) {
    if (is_at_end() || text_[place_] != c) return false;
    place_ = next_token(text_, place_, has_string_fault_);
    return true;
  }
  [[nodiscard]] bool take_scalar() {
    if (is_at_end() || !is_scalar(text_, place_)) return false;
    place_ = next_token(text_, place_, has_string_fault_);
    return true;
  }
  [[nodiscard]] bool is_at_end() const { return place_ == text_.size(); }
  [[nodiscard]] std::size_t place() const { return place_; }

 private:
  std::string_view text_;
  bool& has_string_fault_;
  std::size_t place_;
};

}  // namespace

std::optional<JsonFault> JsonGrammar::find_fault(std::string_view text, std::span<const std::uint32_t> tokens) {
  return find_fault_of(TokenReader(text, tokens));
}

std::optional<JsonFault> JsonGrammar::find_fault(std::string_view text, bool& has_string_fault) {
  return find_fault_of(TokenScanner(text, has_string_fault));
}

template <class Tokens>
std::optional<JsonFault> JsonGrammar::find_fault_of(Tokens reader) {
  const auto fault = [&reader](JsonFault::Kind kind) { return JsonFault{kind, reader.place()}; };
  const auto take_name = [&reader] { return reader.take('"') && reader.take(':'); };
  open_.clear();
  while (true) {
    // A value, with all that it opens.
    const char first = reader.peek();
    if (first == '{' || first == '[') {
      if (open_.size() == depth_max_) return fault(JsonFault::Kind::kTooDeep);
      static_cast<void>(reader.take(first));
      const bool is_object = first == '{';
      if (!reader.take(is_object ? '}' : ']')) {
        open_ += first;
        if (is_object && !take_name()) return fault(JsonFault::Kind::kSyntax);
        continue;
      }
    } else if (!reader.take('"') && !reader.take_scalar()) {
      return fault(JsonFault::Kind::kSyntax);
    }
    // Behind it, all that it closes.
    while (!open_.empty() && !reader.take(',')) {
      if (!reader.take(open_.back() == '{' ? '}' : ']')) return fault(JsonFault::Kind::kSyntax);
      open_.pop_back();
    }
    if (open_.empty()) break;
    if (open_.back() == '{' && !take_name()) return fault(JsonFault::Kind::kSyntax);
  }
  return reader.is_at_end() ? std::nullopt : std::optional(fault(JsonFault::Kind::kSyntax));
}

}  // namespace crawlspool::json
