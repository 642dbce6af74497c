// Takes in one batch, or one large record, from a frame or an HTTP body: decompresses it if need be, checks that it
// is whole and within its limits, and only then hands it out record by record. Works in pieces that are small enough
// for a turn of the loop.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/model.h"
#include "daemon/intake/content_decoder.h"
#include "daemon/intake/turn_budget.h"
#include "proto/batch.h"

namespace crawlspool::intake {

class BatchIntake {
 public:
  enum class Holds {
    kRecords,    // a line each
    kOneRecord,  // all of content(), however many lines it has
  };
  enum class Step {
    kMore,      // call again, in another turn
    kReady,     // next() hands out its records
    kTooLarge,  // its bytes, their proportion, or its records
    kBroken,
  };

  // Padding is readable behind `content`.
  BatchIntake(Holds holds, std::string content, const config::Limits& limits);
  BatchIntake(Holds holds, Encoding encoding, Parts parts, std::string encoded, const config::Limits& limits);
  // Takes what is left of a batch that was checked before: `content` from `taken` on.
  [[nodiscard]] static BatchIntake rest_of(std::string content, std::size_t taken, const config::Limits& limits);

  // Goes on until the turn's budget is spent.
  [[nodiscard]] Step step(TurnBudget& budget);
  // Returns, after kReady and if it holds records, the next one, or nothing at the end or after a long run of blank
  // lines (is_at_end() says which). Padding is readable behind each.
  [[nodiscard]] std::optional<std::string_view> next(TurnBudget& budget);
  // Returns whether it is compressed and nothing of it is decompressed yet.
  [[nodiscard]] bool is_untouched() const { return decoder_ && decoder_->is_untouched(); }
  // Returns, while it is untouched, about how many bytes of lines it becomes, each with an envelope of so many bytes.
  [[nodiscard]] std::uint64_t estimated_line_bytes(std::size_t envelope_bytes) const;
  // Returns the bytes that came for it, compressed or not.
  [[nodiscard]] std::size_t wire_bytes() const { return wire_bytes_; }
  [[nodiscard]] bool is_ready() const { return is_ready_; }
  // Returns whether it was compressed and is not all decompressed yet: it grows by itself.
  [[nodiscard]] bool is_decompressing() const { return decoder_ && !is_ready_; }
  // Returns whether some of it was handed out.
  [[nodiscard]] bool is_begun() const { return taken_ > 0; }
  [[nodiscard]] bool is_at_end() const { return is_ready_ && taken_ == content_.size(); }
  // Returns, after kReady, all of it.
  [[nodiscard]] std::string_view content() const { return content_; }
  [[nodiscard]] std::size_t rest_bytes() const { return content_.size() - taken_; }
  // Says, after kTooLarge and kBroken, what is wrong.
  [[nodiscard]] const std::string& detail() const { return detail_; }
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  [[nodiscard]] Step prove(TurnBudget& budget);

  Holds holds_;
  std::size_t wire_bytes_;
  std::optional<ContentDecoder> decoder_;
  std::string content_;
  std::size_t taken_ = 0;
  bool is_ready_ = false;
  std::size_t counted_bytes_ = 0;  // of content_, while its records are counted
  std::uint64_t counted_records_ = 0;
  std::uint64_t records_max_;
  std::string detail_;
};

// Returns whether so large a batch needs its records counted: a byte each, and a line end between them.
[[nodiscard]] constexpr bool may_hold_more_records(std::size_t batch_bytes, std::uint64_t records_max) {
  return (batch_bytes + 1) / 2 > records_max;
}

}  // namespace crawlspool::intake
