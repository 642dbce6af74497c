// Holds a few words that are put together without an allocation, for what is made a great many times. A value; what
// does not fit is cut off.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace crawlspool::base {

class ShortText {
 public:
  static constexpr std::size_t kBytesMax = 63;

  // Text is text. NOLINTNEXTLINE(google-explicit-constructor,cppcoreguidelines-pro-type-member-init)
  ShortText(std::string_view text) { *this += text; }
  ShortText(const char* text) : ShortText(std::string_view(text)) {}  // NOLINT(google-explicit-constructor)

  ShortText& operator+=(std::string_view text) {
    const std::size_t bytes = std::min(text.size(), kBytesMax - size_);
    std::copy_n(text.data(), bytes, bytes_.data() + size_);
    size_ = static_cast<std::uint8_t>(size_ + bytes);
    return *this;
  }
  ShortText& operator+=(std::uint64_t number) {
    std::array<char, 20> digits;  // NOLINT(cppcoreguidelines-pro-type-member-init): written below
    auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return *this += std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
  }

  [[nodiscard]] std::string_view view() const { return {bytes_.data(), size_}; }
  operator std::string_view() const { return view(); }  // NOLINT(google-explicit-constructor)
  friend bool operator==(const ShortText& a, std::string_view b) { return a.view() == b; }

 private:
  std::array<char, kBytesMax> bytes_;  // of which size_ are set
  std::uint8_t size_ = 0;
};

}  // namespace crawlspool::base
