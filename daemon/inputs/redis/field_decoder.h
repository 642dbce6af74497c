// Makes UTF-8 of an entry's names and values, one by one, where they came in another charset: an object is made of them
// in UTF-8 alone, since what is escaped in it (5C) is a part of characters elsewhere. Notes what that has cost. For one
// entry, on the loop's thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "daemon/intake/transcoder.h"
#include "daemon/intake/turn_budget.h"

namespace crawlspool::redis {

class FieldDecoder {
 public:
  // All outlive it. `bytes_max`: of a record.
  FieldDecoder(const proto::Decoding& decoding, intake::Transcoder& transcoder, intake::TurnBudget& budget,
               std::uint64_t bytes_max)
      : decoding_(decoding), transcoder_(transcoder), budget_(budget), bytes_max_(bytes_max) {}
  ~FieldDecoder() { transcoder_.done(); }
  FieldDecoder(const FieldDecoder&) = delete;
  FieldDecoder& operator=(const FieldDecoder&) = delete;

  // Makes `text` UTF-8, valid until the next call. False: that cannot be, or is longer than a record may be.
  [[nodiscard]] bool decode(std::string_view& text);

  // Something was not ASCII.
  [[nodiscard]] bool has_decoded() const { return has_decoded_; }
  // How many U+FFFD took the place of what cannot be decoded.
  [[nodiscard]] std::uint64_t replaced() const { return replaced_; }

 private:
  const proto::Decoding& decoding_;
  intake::Transcoder& transcoder_;
  intake::TurnBudget& budget_;
  const std::uint64_t bytes_max_;
  bool has_decoded_ = false;
  std::uint64_t replaced_ = 0;
};

}  // namespace crawlspool::redis
