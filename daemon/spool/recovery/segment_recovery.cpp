#include "daemon/spool/recovery/segment_recovery.h"

#include <algorithm>

#include "daemon/spool/control/durable_mark.h"
#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/line_scanner.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::size_t kCopyBytes = 1024 * 1024;

// A mark that claims more than lies before its own line is not one of ours.
bool mark_is_possible(const SoundLine& line, Position position) { return !line.synced || *line.synced <= position; }

// One line after the other, judged.
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

// The position before which everything is known to have been synced. No commit ends inside of a line: a durable
// position there is damaged, and must not cut the line in two.
Result<Position> find_known_synced(File& segment, const SegmentPlace& place) {
  Position durable = place.durable.value_or(place.from);
  Position greatest_mark = place.from;
  Position end = place.from;
  Lines lines(segment, place.begin, place.from);
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto line, lines.next());
    if (!line) {
      // Written once all that is there was synced, over the position that the last write was told.
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

// Where the log ends. Before known_synced lines count and what does not prove itself is damage; from there on the first
// that does not prove itself is the end.
Result<void> find_end(File& segment, const SegmentPlace& place, SegmentRecovery& report, SessionReplay& replay) {
  Lines lines(segment, place.begin, place.from);
  report.end = place.from;
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto line, lines.next());
    if (!line) return {};
    const auto& [position, bytes, sound, is_blank] = *line;
    if (sound) {
      replay.add(*sound);
    } else if (!is_blank) {
      if (position >= report.known_synced) return {};
      add_range(report.damaged, {position, bytes});
    }
    report.end = position + bytes;
  }
}

Result<void> copy_range(File& from, std::uint64_t offset, std::uint64_t bytes, File& to) {
  std::string buffer;
  for (std::uint64_t done = 0; done < bytes;) {
    buffer.resize(std::min<std::uint64_t>(kCopyBytes, bytes - done));
    CRAWLSPOOL_TRY_AS(const auto n, from.read_at(offset + done, buffer));
    if (n == 0) break;
    const std::string_view parts[] = {std::string_view(buffer).substr(0, n)};
    if (auto written = write_fully(to, done, parts); !written) return written;
    done += n;
  }
  return to.truncate(bytes).and_then([&] { return to.sync(); });
}

Result<void> keep_cut(Directory& directory, File& segment, Position begin, const ByteRange& cut) {
  CRAWLSPOOL_TRY_AS(auto folder, directory.open_directory(std::string(kCutName)));
  CRAWLSPOOL_TRY_AS(auto copy, folder->open(position_digits(cut.position), OpenMode::kCreate));
  return copy_range(segment, cut.position - begin, cut.bytes, *copy).and_then([&] { return folder->sync(); });
}

// A line ends where everything before is known to have been synced. Where damage has taken that end it is put back: the
// line in front may be sound with it, and for every reader the one behind begins there. Behind a segment that is cut
// short it is added. Returns how many bytes were.
Result<std::uint64_t> end_line_before(File& segment, Position begin, Position promised, Position size_end) {
  const bool is_short = promised > size_end;
  const Position behind = is_short ? size_end : promised;
  if (behind == begin) return 0;
  char last = 0;
  const auto n = segment.read_at(behind - begin - 1, std::span(&last, 1));
  if (!n) return tl::unexpected(n.error());
  if (last == '\n') return 0;
  const std::string_view parts[] = {"\n"};
  CRAWLSPOOL_TRY(write_fully(segment, behind - begin - (is_short ? 0 : 1), parts));
  return is_short ? 1 : 0;
}

Result<void> cut_tail(Directory& directory, File& segment, Position begin, Position size_end, SegmentRecovery& report) {
  if (report.end == size_end) return {};
  report.cut = ByteRange{report.end, size_end - report.end};
  // What is cut may hold the mark that says how far everything was synced: a start after a crash still has to know.
  CRAWLSPOOL_TRY_AS(auto durable, DurableMark::open(directory));
  if (auto told = durable.write(report.known_synced).and_then([&] { return durable.sync(); }); !told) return told;
  const auto kept = keep_cut(directory, segment, begin, *report.cut);
  if (!kept && !base::may_pass(kept.error())) return kept;
  report.cut_was_kept = kept.has_value();
  return segment.truncate(report.end - begin);
}

}  // namespace

Result<SegmentRecovery> recover_segment(Directory& directory, File& segment, const SegmentPlace& asked,
                                        SessionReplay& replay) {
  // After a failed write-back the cache may show bytes that the disk does not have.
  CRAWLSPOOL_TRY(segment.sync_data());
  segment.drop_cache();
  CRAWLSPOOL_TRY_AS(const auto size, segment.size());
  Position size_end = asked.begin + size;
  SegmentPlace place = asked;
  place.from = std::min(asked.from, size_end);
  auto promised = find_known_synced(segment, place);
  if (!promised) return tl::unexpected(promised.error());
  promised = std::max(*promised, asked.from);

  SegmentRecovery report;
  if (*promised > size_end) report.missing = ByteRange{size_end, *promised - size_end};
  CRAWLSPOOL_TRY_AS(const auto added, end_line_before(segment, place.begin, *promised, size_end));
  size_end += added;
  report.known_synced = std::min(*promised, size_end);
  CRAWLSPOOL_TRY(find_end(segment, place, report, replay));
  CRAWLSPOOL_TRY(cut_tail(directory, segment, place.begin, size_end, report));
  if (auto synced = segment.sync().and_then([&] { return directory.sync(); }); !synced)
    return tl::unexpected(synced.error());
  return report;
}

}  // namespace crawlspool::spool
