#include "daemon/inputs/redis/push_intake.h"

namespace crawlspool::redis {
namespace {

std::optional<json::RejectReason> write(std::string_view item, intake::RecordWriter& writer,
                                        const commit::ReadTime& when) {
  const std::uint64_t seq = writer.taken() + 1;
  return writer.write(item, {seq, {"seq", seq}}, when);
}

}  // namespace

PushIntake::Step PushIntake::take_made(const intake::RecordWriter::Made& made, intake::RecordWriter& writer,
                                       const commit::ReadTime& when) {
  const std::uint64_t seq = writer.taken() + 1;
  reject_ = writer.write_made(made, {seq, {"seq", seq}}, when);
  return reject_ ? Step::kRejected : Step::kTaken;
}

PushIntake::Step PushIntake::step(std::span<const std::string_view> items, intake::RecordWriter& writer,
                                  intake::TurnBudget& budget, const commit::ReadTime& when) {
  if (items.size() == 1) {
    reject_ = write(items[0], writer, when);
    return reject_ ? Step::kRejected : Step::kTaken;
  }
  for (; checked_ < items.size(); ++checked_) {
    if (budget.is_spent()) return Step::kMore;
    budget.count_checked(items[checked_].size());
    if (!writer.judge(items[checked_])) continue;
    reject_ = write(items[checked_], writer, when);
    return Step::kRejected;
  }
  for (; written_ < items.size(); ++written_) {
    if (budget.is_spent()) return Step::kMore;
    static_cast<void>(write(items[written_], writer, when));
  }
  return Step::kTaken;
}

}  // namespace crawlspool::redis
