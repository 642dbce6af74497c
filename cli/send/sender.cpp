#include "cli/send/sender.h"

#include <algorithm>
#include <utility>

#include "cli/common/stop_signals.h"

namespace crawlspool::cli {

Sender::Sender(Delivery::Settings settings, RecordSource& source, SessionKeeper* keeper, Console& console)
    : source_(source),
      keeper_(keeper),
      console_(console),
      server_(shown(settings.server.to_string())),
      delivery_(
          std::move(settings), [&source](const client::Place& place) { return source.describe(place); }, console),
      intake_(source, keeper, delivery_.session(), console) {}

bool Sender::run() {
  const bool sent = send_all();
  const bool kept = keep_last_state();
  return sent && kept && !intake_.is_incomplete();
}

bool Sender::send_all() {
  while (!is_done()) {
    if (stop_requested()) return delivery_.give_up("interrupted");
    if (const auto taken = intake_.take(); !taken) return delivery_.give_up(taken.error().message());
    if (is_done()) break;
    if (!delivery_.turn(intake_.waiting_fd())) return false;
    keep_state();
    show_progress();
  }
  delivery_.finish();
  if (session().known_through() < session().next_seq()) return true;
  return delivery_.give_up(server_ + " has " + std::to_string(session().known_through()) +
                           " records under this session, and the input only " +
                           std::to_string(session().next_seq() - 1));
}

void Sender::show_progress() {
  const std::uint64_t read = source_.bytes_read();
  console_.progress(read - std::min<std::uint64_t>(read, session().held_bytes()), source_.total_bytes(),
                    session().counts().stored, "record");
}

void Sender::keep_state() {
  if (keeper_ == nullptr || !session().is_open()) return;
  const auto kept = keeper_->keep(session().acknowledged(), clock_.monotonic_us());
  if (!kept && !std::exchange(save_failed_, true)) console_.say_error(kept.error());
}

bool Sender::keep_last_state() {
  using SentBehind = SessionKeeper::SentBehind;
  if (keeper_ == nullptr) return true;
  const bool sent_none = session().highest_sent() <= session().acknowledged().seq;
  const auto kept = keeper_->finish(session().acknowledged(), is_done()   ? SentBehind::kNothing
                                                              : sent_none ? SentBehind::kNothingByUs
                                                                          : SentBehind::kSomething);
  if (!kept) console_.say_error(kept.error());
  return kept.has_value();
}

}  // namespace crawlspool::cli
