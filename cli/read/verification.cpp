#include "cli/read/verification.h"

#include <algorithm>

#include "cli/common/human.h"
#include "cli/common/spool_access.h"
#include "cli/read/line_filter.h"
#include "daemon/spool/control/inventory.h"
#include "daemon/spool/read/cursor_place.h"
#include "daemon/spool/read/segment_list.h"

namespace crawlspool::cli {

using base::Result;
using spool::LineKind;
using spool::Position;

namespace {

std::string at(Position position) { return "position " + std::to_string(position); }

// Those who read these report them: the reader of segments, and read_control_files().
bool is_reported_elsewhere(const std::string& name) {
  return spool::parse_segment_file_name(name) || name == spool::kIdentityName || name == spool::kDurableName ||
         name == spool::kSnapshotName || name == spool::kPreviousSnapshotName || name == spool::kCursorsName;
}

bool cannot_be_read(base::ErrorCode code) {
  return code != base::ErrorCode::kDamaged && code != base::ErrorCode::kNotFound && code != base::ErrorCode::kConfig;
}

// A daemon may take back what it has not synced yet, and write it once more.
Result<Position> end_of_reading(spool::Directory& directory, const spool::Extent& extent) {
  if (!is_in_use(directory)) return extent.end;
  return durable_position(directory).map([&extent](Position durable) { return std::min(durable, extent.end); });
}

}  // namespace

// Reads the files beside the segments first: what they promise is there before they say so.
Result<Verification::Totals> Verification::run() {
  CRAWLSPOOL_TRY_AS(files_, spool::read_control_files(directory_));
  promised_ = std::max(files_.durable.value_or(0), files_.snapshot.value_or(0));
  report_troubles();
  CRAWLSPOOL_TRY(read_lines().and_then([this] { return check_compressed_segments(); }).and_then([this] {
    return note_strangers();
  }));
  totals_.sessions = sequences_.sessions();
  return totals_;
}

void Verification::report_troubles() {
  for (const spool::ControlTrouble& trouble : files_.troubles)
    if (cannot_be_read(trouble.code))
      damage_.skipped(trouble.file, {trouble.code, 0, trouble.why});
    else
      damage_.damaged_otherwise(shown(trouble.file) + ": " + shown(trouble.why));
  for (const spool::NamedCursor& named : files_.cursors)
    if (named.cursor) check_cursor(named);
}

// What retention took from a reader, or another spool's cursor, is no damage of this spool.
void Verification::check_cursor(const spool::NamedCursor& named) {
  const std::string file = spool::cursor_file_name(named.name) + ": " + at(named.cursor->position);
  const auto place = spool::find_cursor_place(directory_, files_.spool_id.value_or(""), *named.cursor);
  if (!place) return;  // the lines' reader reports it
  const std::string affected = counted(place->affected_bytes, "byte");
  switch (place->state) {
    case spool::CursorState::kInPlace:
      return;
    case spool::CursorState::kOtherSpool:
      totals_.notes.push_back(file + " is one of another spool");
      return;
    case spool::CursorState::kRemoved:
      totals_.notes.push_back(file + " has lost " + affected + " that were removed");
      return;
    case spool::CursorState::kBeyondEnd:
      return damage_.damaged_otherwise(file + " is " + affected + " beyond the spool's end");
    case spool::CursorState::kDifferent:
      return damage_.damaged_otherwise(file + " is not behind the line that was taken last");
  }
}

Result<void> Verification::read_lines() {
  CRAWLSPOOL_TRY_AS(const auto extent, spool::spool_extent(directory_));
  totals_.extent = extent;
  CRAWLSPOOL_TRY_AS(const auto end, end_of_reading(directory_, extent));
  durable_is_possible_ = !files_.durable || *files_.durable <= extent.begin;
  spool::SegmentReader reader(directory_, damage_);
  while (true) {
    const auto line = reader.next();
    if (!line) return tl::unexpected(line.error());
    if (!*line || (*line)->position >= end) break;
    count(**line);
    if ((*line)->kind == LineKind::kUnfinished) break;
    console_.progress(reader.position() - extent.begin, extent.end - extent.begin, totals_.lines, "line");
  }
  check_promises(reader);
  damage_.flush();
  return {};
}

void Verification::count(const spool::ReadLine& line) {
  const Position end = line.position + line.bytes.size();
  const bool holds_durable = files_.durable && line.position < *files_.durable && *files_.durable <= end;
  if (holds_durable) durable_is_possible_ = end == *files_.durable || line.kind != LineKind::kSound;
  switch (line.kind) {
    case LineKind::kSound:
      ++totals_.lines;
      totals_.bytes += line.bytes.size();
      return check_sequence(line);
    case LineKind::kBlank:
      ++totals_.blank_lines;
      return;
    case LineKind::kDamaged:
      return damaged(line.position, line.bytes.size());
    case LineKind::kUnfinished:
      unfinished_bytes_ = line.bytes.size();
      return;
  }
}

void Verification::damaged(Position position, std::uint64_t bytes) {
  damage_.damaged(position, bytes);
  spool::add_range(damaged_, {position, bytes});
}

void Verification::check_sequence(const spool::ReadLine& line) {
  const auto fall = sequences_.add(envelope_of(line));
  if (!fall) return;
  damage_.damaged_otherwise(at(line.position) + ": record " + std::to_string(fall->seq) + " of session " +
                            spool::session_digits(fall->session) + " comes after record " +
                            std::to_string(fall->before));
}

// A line before a promised position is not unfinished: it was whole.
void Verification::check_promises(const spool::SegmentReader& reader) {
  Position end = reader.position();
  if (unfinished_bytes_ > 0 && end < promised_) {
    const std::uint64_t bytes = std::min(unfinished_bytes_, promised_ - end);
    damaged(end, bytes);
    end += bytes;
  } else if (unfinished_bytes_ > 0) {
    totals_.notes.push_back(at(end) + ": the open segment ends with " + counted(unfinished_bytes_, "byte") +
                            " of an unfinished line");
  }
  damage_.flush();
  if (promised_ > end && !reader.is_cut_short())
    damage_.broken_promise(end, promised_ - end, files_.durable == promised_ ? "durable" : "a snapshot");
  if (!durable_is_possible_ && *files_.durable <= reader.position())
    damage_.damaged_otherwise("durable: " + at(*files_.durable) + " is no line's end");
}

Result<void> Verification::check_compressed_segments() {
  CRAWLSPOOL_TRY_AS(const auto segments, spool::list_segments(directory_));
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const spool::SegmentName& name = segments[i].name;
    if (name.position >= totals_.extent.end) break;  // has come since
    if (name.kind != spool::SegmentKind::kCompressed) continue;
    const auto check = spool::check_compressed_segment(directory_, name.position, spool::expected_bytes(segments, i));
    if (!check) continue;  // removed, or reported by the lines' reader
    ++totals_.compressed_segments;
    const Position done = name.position - std::min(totals_.extent.begin, name.position);
    console_.progress(done, totals_.extent.end - totals_.extent.begin, totals_.compressed_segments,
                      "compressed segment");
    if (check->unsound.empty() && check->index == spool::IndexState::kSound) continue;
    if (directory_.open(segments[i].file, spool::OpenMode::kRead)) report_compressed(name.position, *check);
  }
  return {};
}

void Verification::report_compressed(Position position, const spool::CompressedCheck& check) {
  const std::string file = spool::segment_file_name({position, spool::SegmentKind::kCompressed});
  for (const std::size_t i : check.unsound) {
    const spool::Block& block = check.blocks[i];
    if (!holds_reported_damage(block))
      damage_.damaged_otherwise(at(block.position) + ": the zstd block of " + counted(block.bytes, "byte") +
                                " that begins there is damaged, though its lines are whole (" + file + ", offset " +
                                std::to_string(block.offset) + ")");
  }
  const std::string index = spool::index_file_name(position);
  if (check.index == spool::IndexState::kMissing) damage_.damaged_otherwise(index + ": is missing");
  if (check.index == spool::IndexState::kDamaged) damage_.damaged_otherwise(index + ": checksum mismatch");
  if (check.index == spool::IndexState::kWrong) damage_.damaged_otherwise(index + ": does not fit " + file);
}

bool Verification::holds_reported_damage(const spool::Block& block) const {
  return std::any_of(damaged_.begin(), damaged_.end(), [&block](const spool::ByteRange& range) {
    return range.position < block.position + block.bytes && block.position < range.position + range.bytes;
  });
}

Result<void> Verification::note_strangers() {
  CRAWLSPOOL_TRY_AS(const auto entries, directory_.list());
  const bool is_in_use_now = is_in_use(directory_);
  for (const spool::DirectoryEntry& entry : entries) {
    const auto why = spool::objection(entry);
    if (spool::is_temporary(entry)) {
      if (!is_in_use_now) totals_.notes.push_back(shown(entry.name) + ": left by a crash; the next start removes it");
    } else if (why && !is_reported_elsewhere(entry.name)) {
      totals_.notes.push_back(shown(entry.name) + ": " + *why);
    }
  }
  const bool has_durable =
      std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.name == spool::kDurableName; });
  if (!has_durable && totals_.extent.end > 0)
    totals_.notes.emplace_back("durable: is missing; the next start writes it again");
  return {};
}

}  // namespace crawlspool::cli
