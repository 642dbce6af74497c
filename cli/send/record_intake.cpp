#include "cli/send/record_intake.h"

#include <nlohmann/json.hpp>

#include "proto/frame.h"

namespace crawlspool::cli {
namespace {

constexpr std::size_t kTakeAheadBytes = 4 * 1024 * 1024;
constexpr int kTakeAtOnce = 65536;  // counts records that are skipped, too

}  // namespace

base::Result<void> RecordIntake::take() {
  waits_ = false;
  for (int i = 0; i < kTakeAtOnce && session_.unsent_bytes() < kTakeAheadBytes; ++i) {
    if (!in_hand_ && (is_over_ || !next())) return {};
    CRAWLSPOOL_TRY_AS(const auto offered, offer_in_hand());
    if (!offered) return {};
  }
  return {};
}

// Returns false if there is no record now.
bool RecordIntake::next() {
  while (true) {
    RecordLine line{};
    switch (source_.next(line)) {
      case RecordSource::Step::kRecord:
        in_hand_ = line;
        if (!is_unfinished(line)) return true;
        console_.say(source_.describe(place_in_hand()) +
                     ": not sent, as its line has no end yet; a later run goes on with it");
        in_hand_.reset();
        is_incomplete_ = is_over_ = true;
        return false;
      case RecordSource::Step::kNothingYet:
        waits_ = true;
        return false;
      case RecordSource::Step::kFileFailed:
        console_.say_error(source_.error());
        is_incomplete_ = true;
        continue;
      case RecordSource::Step::kEnd:
        is_over_ = true;
        return false;
    }
  }
}

// A file that a later run goes on with may still grow: its last line is left for that run if it is not whole yet.
bool RecordIntake::is_unfinished(const RecordLine& line) const {
  return keeper_ != nullptr && !line.has_line_end && (line.is_too_long || !is_whole_record(line.bytes));
}

client::Place RecordIntake::place_in_hand() const {
  return {source_.file_index(), in_hand_->number, in_hand_->end_offset};
}

// Returns false while what is in hand does not fit.
base::Result<bool> RecordIntake::offer_in_hand() {
  if (!session_.has_room(in_hand_->bytes.size())) return false;
  const client::Place place = place_in_hand();
  bool maybe_sent = false;
  if (keeper_ != nullptr) {
    CRAWLSPOOL_TRY(keeper_->cover(place.end_offset));
    maybe_sent = keeper_->was_covered(place.end_offset);
  }
  if (in_hand_->is_too_long)
    session_.add_too_large(place, proto::kFramePayloadBytesMax, maybe_sent);
  else
    session_.add(place, in_hand_->bytes, maybe_sent);
  in_hand_.reset();
  return true;
}

bool is_whole_record(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t\r");
  if (start == std::string_view::npos) return false;
  const bool is_number = std::string_view("-0123456789").find(line[start]) != std::string_view::npos;
  return !is_number && nlohmann::json::accept(line);
}

}  // namespace crawlspool::cli
