#include "daemon/spool/recovery/segment_recovery.h"

#include <algorithm>

#include "daemon/spool/control/durable_mark.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/line_scanner.h"

namespace crawlspool::spool {
namespace {

using base::Result;

// False where the mark claims more than lies before its own line: that is none of ours.
bool mark_is_possible(const SoundLine& line, Position position) { return !line.synced || *line.synced <= position; }

// Reads one line after the other and checks it.
class Lines {
 public:
  struct Line {
    Position position;
    std::size_t bytes;
    std::optional<SoundLine> sound;  // views valid until the next call
    bool is_blank;
  };

  Lines(File& segment, Position begin, Position from) : begin_(begin), scanner_(segment, from - begin) {}

  Result<std::optional<Line>> next() {
    if (is_torn_) return std::nullopt;
    CRAWLSPOOL_TRY_AS(const auto scanned, scanner_.next());
    if (!scanned) return std::nullopt;
    is_torn_ = !scanned->is_whole;
    const std::string_view bytes = scanned->bytes;
    Line line{begin_ + scanned->offset, bytes.size(), check_line(bytes), is_blank_line(bytes)};
    if (line.sound && !mark_is_possible(*line.sound, line.position)) line.sound.reset();
    return line;
  }

  // Whether what was last returned has no end.
  [[nodiscard]] bool is_torn() const { return is_torn_; }

 private:
  Position begin_;
  LineScanner scanner_;
  bool is_torn_ = false;
};

// Whether a crash has left the durable file half overwritten: the new digits in front, the old ones behind.
bool is_half_overwritten(Position durable, Position old_one, Position new_one) {
  const std::string digits = position_digits(durable);
  const std::string old_digits = position_digits(old_one);
  const std::string new_digits = position_digits(new_one);
  for (std::size_t n = 1; n < digits.size(); ++n)
    if (digits == new_digits.substr(0, n) + old_digits.substr(n)) return true;
  return false;
}

// The recovery of one active segment. The functions are the steps of FORMAT.md, "Recovery", and carry their numbers.
class ActiveRecovery {
 public:
  ActiveRecovery(Directory& directory, File& segment, const SegmentPlace& asked, SessionReplay& replay)
      : directory_(directory), segment_(segment), place_(asked), promised_(asked.from), replay_(replay) {}

  Result<SegmentRecovery> run() {
    CRAWLSPOOL_TRY(read_from_disk());
    CRAWLSPOOL_TRY(find_promised());
    CRAWLSPOOL_TRY(end_line_before_promised());
    CRAWLSPOOL_TRY(find_end());
    CRAWLSPOOL_TRY(cut_tail());
    CRAWLSPOOL_TRY(segment_.sync());
    CRAWLSPOOL_TRY(directory_.sync());
    return std::move(report_);
  }

 private:
  Result<void> read_from_disk();
  Result<void> find_promised();
  Result<Position> find_known_synced();
  Result<void> end_line_before_promised();
  Result<void> find_end();
  Result<void> cut_tail();
  Result<void> keep_cut();

  Directory& directory_;
  File& segment_;
  SegmentPlace place_;
  Position promised_;  // D; beyond size_end_ where bytes are missing
  Position size_end_ = 0;
  SessionReplay& replay_;
  SegmentRecovery report_;
};

// 4. After a failed write-back the cache may show bytes that the disk does not have.
Result<void> ActiveRecovery::read_from_disk() {
  CRAWLSPOOL_TRY(segment_.sync_data());
  segment_.drop_cache();
  CRAWLSPOOL_TRY_AS(const auto size, segment_.size());
  size_end_ = place_.begin + size;
  place_.from = std::min(place_.from, size_end_);
  return {};
}

// 4. D, and with it (8) what is missing before it.
Result<void> ActiveRecovery::find_promised() {
  CRAWLSPOOL_TRY_AS(const auto known_synced, find_known_synced());
  promised_ = std::max(promised_, known_synced);
  if (promised_ > size_end_) report_.missing = ByteRange{size_end_, promised_ - size_end_};
  return {};
}

// 4. The position before which everything is known to have been synced. No commit ends inside of a line: a durable
// position there is damaged, and must not cut the line in two.
Result<Position> ActiveRecovery::find_known_synced() {
  Position durable = place_.durable.value_or(place_.from);
  Position greatest_mark = place_.from;
  Position end = place_.from;
  Lines lines(segment_, place_.begin, place_.from);
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto line, lines.next());
    if (!line) {
      // It was written once all that is there was synced, over the position that the last write had as its mark.
      if (durable > end && !lines.is_torn() && is_half_overwritten(durable, greatest_mark, end))
        durable = greatest_mark;
      return std::max(durable, greatest_mark);
    }
    end = line->position + line->bytes;
    if (!line->sound) continue;
    greatest_mark = std::max(greatest_mark, line->sound->synced.value_or(0));
    if (line->position < durable && durable < line->position + line->bytes) durable = line->position;
  }
}

// 5. A line ends at D. Where damage has taken that end it is put back: the line in front may be sound with it, and for
// every reader the one behind begins there. 9. Behind a segment that is cut short it is added.
Result<void> ActiveRecovery::end_line_before_promised() {
  const bool is_short = promised_ > size_end_;
  const Position behind = is_short ? size_end_ : promised_;
  if (behind == place_.begin) return {};
  char last = 0;
  CRAWLSPOOL_TRY(segment_.read_at(behind - place_.begin - 1, std::span(&last, 1)));
  if (last == '\n') return {};
  const std::string_view parts[] = {"\n"};
  CRAWLSPOOL_TRY(write_fully(segment_, behind - place_.begin - (is_short ? 0 : 1), parts));
  if (is_short) ++size_end_;
  return {};
}

// 5 and 6. Where the log ends. Before D lines count and what is not sound is damage; from there on the first that is
// not sound is the end.
Result<void> ActiveRecovery::find_end() {
  report_.known_synced = std::min(promised_, size_end_);
  report_.end = place_.from;
  Lines lines(segment_, place_.begin, place_.from);
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto line, lines.next());
    if (!line) return {};
    const auto& [position, bytes, sound, is_blank] = *line;
    if (sound) {
      replay_.add(*sound);
    } else if (!is_blank) {
      if (position >= report_.known_synced) return {};
      add_range(report_.damaged, {position, bytes});
    }
    report_.end = position + bytes;
  }
}

// 7. What is cut may hold the mark that says how far everything was synced: a start after a crash still has to know.
Result<void> ActiveRecovery::cut_tail() {
  if (report_.end == size_end_) return {};
  report_.cut = ByteRange{report_.end, size_end_ - report_.end};
  CRAWLSPOOL_TRY_AS(auto durable, DurableMark::open(directory_));
  CRAWLSPOOL_TRY(durable.write(report_.known_synced));
  CRAWLSPOOL_TRY(durable.sync());
  const auto kept = keep_cut();
  if (!kept && !base::may_pass(kept.error())) return kept;
  report_.cut_was_kept = kept.has_value();
  return segment_.truncate(report_.end - place_.begin);
}

// 7. Copies what is cut off to cut/.
Result<void> ActiveRecovery::keep_cut() {
  CRAWLSPOOL_TRY_AS(auto folder, directory_.open_directory(std::string(kCutName)));
  CRAWLSPOOL_TRY_AS(auto copy, folder->open(position_digits(report_.cut->position), OpenMode::kCreate));
  CRAWLSPOOL_TRY(copy_bytes(segment_, report_.cut->position - place_.begin, report_.cut->bytes, *copy, 0));
  CRAWLSPOOL_TRY(copy->truncate(report_.cut->bytes));
  CRAWLSPOOL_TRY(copy->sync());
  return folder->sync();
}

}  // namespace

Result<SegmentRecovery> recover_segment(Directory& directory, File& segment, const SegmentPlace& asked,
                                        SessionReplay& replay) {
  return ActiveRecovery(directory, segment, asked, replay).run();
}

}  // namespace crawlspool::spool
