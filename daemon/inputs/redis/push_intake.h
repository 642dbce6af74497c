// Takes the items of one command in, all of them or none: several are all checked before the first is written. Goes on
// for as long as a turn may cost. The first item that is refused is kept in rejected/, and takes a number.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "daemon/intake/record_writer.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/json/record_checker.h"

namespace crawlspool::redis {

class PushIntake {
 public:
  enum class Step {
    kMore,      // call again, in another turn
    kTaken,     // all of them
    kRejected,  // none of them: see reject()
  };

  // `items` are the same ones at each call, wherever they lie; padding is readable behind each.
  [[nodiscard]] Step step(std::span<const std::string_view> items, intake::RecordWriter& writer,
                          intake::TurnBudget& budget, const commit::ReadTime& when);
  // The same for the one record of a command that was made here.
  [[nodiscard]] Step take_made(const intake::RecordWriter::Made& made, intake::RecordWriter& writer,
                               const commit::ReadTime& when);

  // Some were written.
  [[nodiscard]] bool is_begun() const { return written_ > 0; }
  [[nodiscard]] const std::optional<json::RejectReason>& reject() const { return reject_; }
  // Returns which one that was, from 1.
  [[nodiscard]] std::size_t rejected_item() const { return checked_ + 1; }

 private:
  std::size_t checked_ = 0;
  std::size_t written_ = 0;
  std::optional<json::RejectReason> reject_;
};

}  // namespace crawlspool::redis
