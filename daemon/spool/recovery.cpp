#include "daemon/spool/recovery.h"

#include <algorithm>

#include "daemon/spool/line.h"
#include "daemon/spool/line_scanner.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::size_t kCopyBytes = 1024 * 1024;

// What one pass over the whole segment tells.
struct Survey {
  Position durable = 0;  // as given, but never inside of a sound line
  Position greatest_synced = 0;
  std::uint64_t sound_lines = 0;
  std::vector<ByteRange> bad;  // neighbours joined
};

void add_bad(std::vector<ByteRange>& bad, ByteRange range) {
  if (!bad.empty() && bad.back().position + bad.back().bytes == range.position)
    bad.back().bytes += range.bytes;
  else
    bad.push_back(range);
}

// A mark that claims more than lies before its own line is not one of ours.
bool mark_is_possible(const SoundLine& line, Position position) { return !line.synced || *line.synced <= position; }

// No commit ends inside of a line: a durable position there is damaged, and must not cut the line in two.
bool is_inside(Position durable, Position line, std::size_t bytes) { return line < durable && durable < line + bytes; }

Result<Survey> survey(File& segment, Position begin, Position durable) {
  Survey result;
  result.durable = durable;
  LineScanner scanner(segment);
  while (true) {
    const auto line = scanner.next();
    if (!line) return tl::unexpected(line.error());
    if (!*line) return result;
    const Position position = begin + (*line)->offset;
    const auto sound = check_line((*line)->bytes);
    if (sound && mark_is_possible(*sound, position)) {
      ++result.sound_lines;
      result.greatest_synced = std::max(result.greatest_synced, sound->synced.value_or(0));
      if (is_inside(durable, position, (*line)->bytes.size())) result.durable = position;
    } else if (!is_blank_line((*line)->bytes)) {
      add_bad(result.bad, {position, (*line)->bytes.size()});
    }
    if (!(*line)->is_whole) return result;
  }
}

struct Tail {
  Position end = 0;                      // of the last line before the first that does not prove itself
  std::uint64_t sound_lines_behind = 0;  // which go with it
};

Result<Tail> tail_from(File& segment, Position begin, Position from) {
  LineScanner scanner(segment, from - begin);
  Tail tail;
  tail.end = from;
  bool ended = false;
  while (true) {
    const auto line = scanner.next();
    if (!line) return tl::unexpected(line.error());
    if (!*line) return tail;
    const Position position = begin + (*line)->offset;
    const auto sound = check_line((*line)->bytes);
    const bool proves_itself = sound && mark_is_possible(*sound, position);
    ended = ended || !(proves_itself || is_blank_line((*line)->bytes));
    if (!ended)
      tail.end = position + (*line)->bytes.size();
    else if (proves_itself)
      ++tail.sound_lines_behind;
    if (!(*line)->is_whole) return tail;
  }
}

std::vector<ByteRange> clip_before(const std::vector<ByteRange>& ranges, Position end) {
  std::vector<ByteRange> kept;
  for (const ByteRange& range : ranges)
    if (range.position < end) kept.push_back({range.position, std::min(range.bytes, end - range.position)});
  return kept;
}

Result<void> copy_range(File& from, std::uint64_t offset, std::uint64_t bytes, File& to) {
  std::string buffer;
  for (std::uint64_t done = 0; done < bytes;) {
    buffer.resize(std::min<std::uint64_t>(kCopyBytes, bytes - done));
    const auto n = from.read_at(offset + done, buffer);
    if (!n) return tl::unexpected(n.error());
    if (*n == 0) break;
    const std::string_view parts[] = {std::string_view(buffer).substr(0, *n)};
    if (auto written = write_fully(to, done, parts); !written) return written;
    done += *n;
  }
  return to.truncate(bytes).and_then([&] { return to.sync(); });
}

Result<void> keep_cut(Directory& directory, File& segment, Position begin, const ByteRange& cut) {
  auto folder = directory.open_directory(std::string(kCutName));
  if (!folder) return tl::unexpected(folder.error());
  auto copy = (*folder)->open(position_digits(cut.position), OpenMode::kCreate);
  if (!copy) return tl::unexpected(copy.error());
  return copy_range(segment, cut.position - begin, cut.bytes, **copy).and_then([&] { return (*folder)->sync(); });
}

// Damage at the very end leaves a line without its end, which the next line must not be joined to.
Result<Position> end_last_line(File& segment, Position begin, Position end) {
  if (end == begin) return end;
  char last = 0;
  const auto n = segment.read_at(end - begin - 1, std::span(&last, 1));
  if (!n) return tl::unexpected(n.error());
  if (last == '\n') return end;
  const std::string_view parts[] = {"\n"};
  if (auto written = write_fully(segment, end - begin, parts); !written) return tl::unexpected(written.error());
  return end + 1;
}

Result<void> cut_tail(Directory& directory, File& segment, RecoveryReport& report, Position size_end) {
  if (report.end == size_end) return {};
  report.cut = ByteRange{report.end, size_end - report.end};
  const auto kept = keep_cut(directory, segment, report.begin, *report.cut);
  if (!kept && kept.error().code != base::ErrorCode::kDiskFull) return kept;
  report.cut_was_kept = kept.has_value();
  return segment.truncate(report.end - report.begin);
}

}  // namespace

Result<RecoveryReport> recover_segment(Directory& directory, File& segment, Position begin,
                                       std::optional<Position> durable) {
  // After a failed write-back the cache may show bytes that the disk does not have.
  if (auto synced = segment.sync_data(); !synced) return tl::unexpected(synced.error());
  segment.drop_cache();
  const auto size = segment.size();
  if (!size) return tl::unexpected(size.error());
  const auto seen = survey(segment, begin, durable.value_or(begin));
  if (!seen) return tl::unexpected(seen.error());

  RecoveryReport report;
  report.begin = begin;
  const Position size_end = begin + *size;
  const Position promised = std::max({begin, seen->durable, seen->greatest_synced});
  report.known_synced = std::min(promised, size_end);
  if (promised > size_end) report.missing = ByteRange{size_end, promised - size_end};
  report.damaged = clip_before(seen->bad, report.known_synced);

  const auto tail = tail_from(segment, begin, report.known_synced);
  if (!tail) return tl::unexpected(tail.error());
  report.end = tail->end;
  report.lines = seen->sound_lines - tail->sound_lines_behind;
  if (auto cut = cut_tail(directory, segment, report, size_end); !cut) return tl::unexpected(cut.error());
  const auto ended = end_last_line(segment, begin, report.end);
  if (!ended) return tl::unexpected(ended.error());
  report.end = *ended;
  if (auto synced = segment.sync().and_then([&] { return directory.sync(); }); !synced)
    return tl::unexpected(synced.error());
  return report;
}

}  // namespace crawlspool::spool
