// One charset of one to four bytes a character, as tables that are read from glibc's codec once: what each sequence of
// bytes becomes. Decoding by them is faster than the codec, asks for no state, and costs the same for bytes that are
// wrong. Sequences that become a C1 control (U+0080 to U+009F) are none of its characters: they are a sign of the wrong
// charset, and some codecs let such bytes through. Immutable once made, so any thread may read it.
#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "proto/charsets.h"

namespace crawlspool::intake {

// Owns one of glibc's codecs. Opening it reads files. Used by one thread at a time.
class Codec {
 public:
  // `name` as glibc knows it. Where that has no such codec, is_open() is false.
  explicit Codec(const char* name);
  ~Codec();
  Codec(Codec&& other) noexcept;
  Codec& operator=(Codec&&) = delete;

  [[nodiscard]] bool is_open() const;
  // Returns the one character that all of these bytes are; 0 where they are not one, or a C1 control. Nothing of one
  // call is left for the next.
  [[nodiscard]] char32_t character(std::string_view bytes);

 private:
  void* handle_;
};

class CharsetTable {
 public:
  // bytes 0: those there are no character, or not all of one.
  struct Character {
    char32_t code = 0;
    std::size_t bytes = 0;
  };

  // Takes up to five milliseconds for a charset of several bytes.
  CharsetTable(proto::CharsetKind kind, Codec& codec);

  // Returns the character at the front of `bytes`, which begin with one of 0x80 or above.
  [[nodiscard]] Character read(std::string_view bytes) const {
    const auto lead = high(bytes[0]);
    if (const char32_t code = ones_[lead]; code != 0) return {code, 1};
    if (!leads_[lead] || bytes.size() < 2) return {};
    if (const char32_t code = twos_[lead * 256 + byte(bytes[1])]; code != 0) return {code, 2};
    return read_long(bytes);
  }
  // Returns how many bytes at the front of `bytes`, where read() finds no character, are one mistake: a byte below 0x80
  // is never part of it, so that no quote or brace of the JSON is lost with it.
  [[nodiscard]] std::size_t wrong_bytes(std::string_view bytes) const {
    return leads_[high(bytes[0])] && bytes.size() > 1 && byte(bytes[1]) >= kHigh ? 2 : 1;
  }

 private:
  static constexpr std::size_t kHigh = 0x80;
  static constexpr std::size_t byte(char c) { return static_cast<unsigned char>(c); }
  static constexpr std::size_t high(char c) { return byte(c) - kHigh; }

  void read_threes(Codec& codec);
  void read_fours(Codec& codec);
  [[nodiscard]] Character read_long(std::string_view bytes) const;

  std::array<char32_t, kHigh> ones_{};
  std::bitset<kHigh> leads_;      // begin characters of several bytes
  std::vector<char32_t> twos_;    // by lead and second byte
  std::vector<char32_t> threes_;  // of EUC-JP, behind 0x8F, by second and third byte
  std::vector<char32_t> fours_;   // of GB18030, the basic plane in their order
};

}  // namespace crawlspool::intake
