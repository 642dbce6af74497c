// Makes UTF-8 of a record in another charset. What comes out is never longer than the caller allows, whatever comes in.
// One a loop, on its thread. Owns the memory for what it makes, charged to the loop's account.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "daemon/commit/memory_budget.h"
#include "daemon/intake/charsets.h"
#include "proto/charsets.h"

namespace crawlspool::intake {

class Transcoder {
 public:
  enum class Outcome {
    kUnchanged,    // it is ASCII, and so UTF-8 as it is
    kDecoded,      // `text` is it
    kTooLarge,     // it would be longer than allowed
    kUndecodable,  // the bytes at `offset` are no character of the charset
  };
  struct Decoded {
    Outcome outcome{};
    std::string_view text;       // until the next call; padding is readable behind it
    std::uint64_t replaced = 0;  // how many U+FFFD took the place of what cannot be decoded
    std::size_t offset = 0;      // in the record
  };

  // Both outlive it.
  Transcoder(Charsets& charsets, commit::MemoryAccount& memory) : charsets_(charsets), memory_(memory) {}
  ~Transcoder() { free_room(); }
  Transcoder(const Transcoder&) = delete;
  Transcoder& operator=(const Transcoder&) = delete;

  [[nodiscard]] Charsets& charsets() const { return charsets_; }

  // `decoding` is to a charset that charsets() has, and not UTF-8.
  [[nodiscard]] Decoded decode(const proto::Decoding& decoding, std::string_view record, std::uint64_t bytes_max);
  // Returns where in the record the character at `decoded_offset` of its decoded text begins. The text of an earlier
  // call is no longer valid then.
  [[nodiscard]] std::size_t original_offset(const proto::Decoding& decoding, std::string_view record,
                                            std::size_t decoded_offset);
  // Gives back what a large record has taken: the text ends here.
  void done() {
    if (room_bytes_ > kKeptBytes) free_room();
  }

 private:
  static constexpr std::size_t kKeptBytes = 64 * 1024;

  void make_room(std::size_t bytes);
  void free_room();

  Charsets& charsets_;
  commit::MemoryAccount& memory_;
  std::unique_ptr<char[]> room_;  // not set to zeros
  std::size_t room_bytes_ = 0;
};

}  // namespace crawlspool::intake
