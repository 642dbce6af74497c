// What may become of a text that is not looked after: each byte changed, each end cut off.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace crawlspool::test {

// Calls `check(changed, at)` with each byte changed in three ways: the lowest bit, upper for lower case, the highest.
template <class Check>
void for_each_flip(std::string_view text, const Check& check) {
  constexpr std::array<unsigned char, 3> kBits{0x01, 0x20, 0x80};
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const unsigned char bits : kBits) {
      std::string changed(text);
      changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ bits);
      check(changed, at);
    }
  }
}

// Calls `check(shorter, bytes)` for each shorter length, 0 included.
template <class Check>
void for_each_cut(std::string_view text, const Check& check) {
  for (std::size_t bytes = 0; bytes < text.size(); ++bytes) check(std::string(text.substr(0, bytes)), bytes);
}

}  // namespace crawlspool::test
