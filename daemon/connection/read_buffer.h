// The bytes that a loop reads into: one buffer for all of its connections, lent to one at a time, on the loop's thread.
// Whoever takes input in holds the loan until the last view of that input is gone, even if the input lies elsewhere: so
// that there is one such on a loop, and nobody reads over what another still looks at.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "daemon/base/check.h"

namespace crawlspool::connection {

class ReadBuffer {
 public:
  class Loan {
   public:
    ~Loan() { lender_.is_lent_ = false; }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    [[nodiscard]] std::span<char> bytes() const {
      return std::span(lender_.bytes_).first(lender_.bytes_.size() - lender_.padding_bytes_);
    }

   private:
    friend class ReadBuffer;
    explicit Loan(ReadBuffer& lender) : lender_(lender) { lender.is_lent_ = true; }

    ReadBuffer& lender_;
  };

  // The padding is readable behind the bytes.
  ReadBuffer(std::size_t bytes, std::size_t padding_bytes)
      : bytes_(bytes + padding_bytes), padding_bytes_(padding_bytes) {}
  ReadBuffer(const ReadBuffer&) = delete;
  ReadBuffer& operator=(const ReadBuffer&) = delete;

  // A second loan beside the first is a bug that would overwrite what was received: it ends the process.
  [[nodiscard]] Loan lend() {
    CRAWLSPOOL_CHECK(!is_lent_);
    return Loan(*this);
  }
  [[nodiscard]] bool is_lent() const { return is_lent_; }

 private:
  std::vector<char> bytes_;
  std::size_t padding_bytes_;
  bool is_lent_ = false;
};

}  // namespace crawlspool::connection
