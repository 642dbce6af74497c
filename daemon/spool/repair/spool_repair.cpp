#include "daemon/spool/repair/spool_repair.h"

#include <unistd.h>

#include <algorithm>

#include "daemon/spool/control/lock_and_identity.h"
#include "daemon/spool/repair/segment_repair.h"

namespace crawlspool::spool {

using base::ErrorCode;
using base::Result;

namespace {

constexpr auto kRepair = RepairStep::Kind::kRepair;

std::string at(Position position) { return "position " + std::to_string(position); }

std::string bytes_of(std::uint64_t bytes) { return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes"); }

const ControlTrouble* trouble_with(const ControlFiles& files, ControlFile kind) {
  const auto found = std::find_if(files.troubles.begin(), files.troubles.end(),
                                  [kind](const ControlTrouble& trouble) { return trouble.kind == kind; });
  return found == files.troubles.end() ? nullptr : &*found;
}

const char* describe(IndexState index) {
  switch (index) {
    case IndexState::kSound:
      return "is sound";
    case IndexState::kMissing:
      return "is missing";
    case IndexState::kDamaged:
      return "has a checksum mismatch";
    case IndexState::kWrong:
      return "does not fit its segment";
  }
  return "";
}

RepairStep step_for_block(const Block& block, const Damage& damage) {
  std::uint64_t lost = 0;
  Position first = block.position;
  for (const ByteRange& range : damage) {
    if (lost == 0) first = std::max(block.position, range.position);
    lost += overlap(range, block);
  }
  if (lost == 0)
    return {kRepair, at(block.position), "a compressed block is damaged, its lines are whole",
            "the block is written again"};
  return {kRepair, at(first), bytes_of(lost) + " damaged in a compressed block",
          "the block is written again with blank lines there"};
}

}  // namespace

Result<RepairSummary> SpoolRepair::run() {
  CRAWLSPOOL_TRY(prepare());
  CRAWLSPOOL_TRY_AS(const auto survey, survey_damage(directory_, files_));
  for (const SegmentDamage& segment : survey.segments) CRAWLSPOOL_TRY(repair_segment(segment));
  CRAWLSPOOL_TRY(repair_second_copies());
  CRAWLSPOOL_TRY(repair_durable(survey));
  for (const ControlTrouble& trouble : files_.troubles)
    if (trouble.kind == ControlFile::kSnapshot || trouble.kind == ControlFile::kCursor) {
      CRAWLSPOOL_TRY(set_aside(trouble));
    }
  const Position proved = files_.snapshot.value_or(0);
  if (proved > survey.end)
    steps_.give_up(at(survey.end), bytes_of(proved - survey.end) + " are missing that the last snapshot proves");
  if (survey.unsynced_tail)
    steps_.note(at(survey.unsynced_tail->position),
                bytes_of(survey.unsynced_tail->bytes) +
                    " that nothing proves to have been acked: the next start cuts them off");
  return steps_.summary();
}

Result<void> SpoolRepair::prepare() {
  if (steps_.applies()) {
    const std::string holder = "crawlspool repair, pid " + std::to_string(::getpid()) + "\n";
    if (auto locked = directory_.lock(std::string(kLockName), holder); !locked) return locked;
  }
  CRAWLSPOOL_TRY_AS(files_, read_control_files(directory_));
  if (auto repaired = repair_identity(); !repaired) return repaired;
  // After a failed write-back the cache may show bytes that the disk does not have.
  const auto segments = list_segments(directory_);
  if (!segments) return tl::unexpected(segments.error());
  if (!steps_.applies() || segments->empty()) return {};
  if (segments->back().name.kind != SegmentKind::kOpen) return {};
  const auto active = directory_.open(segments->back().file, OpenMode::kWrite);
  if (!active) return {};  // it is reported with the segments
  auto synced = (*active)->sync_data();
  if (synced) (*active)->drop_cache();
  return synced;
}

Result<void> SpoolRepair::repair_identity() {
  const ControlTrouble* const trouble = trouble_with(files_, ControlFile::kIdentity);
  if (trouble == nullptr) return {};
  if (trouble->code != ErrorCode::kDamaged && trouble->code != ErrorCode::kNotFound) {
    steps_.give_up(trouble->file, trouble->why);
    return {};
  }
  const std::string remedy = files_.spool_id ? "written again with the id that snapshots and cursors name"
                                             : "written with a new id: nothing names the old one, cursors start over";
  return steps_.take({{kRepair, trouble->file, trouble->why, remedy}}, [&]() -> Result<Names> {
    Names names;
    if (trouble->code != ErrorCode::kNotFound) {
      CRAWLSPOOL_TRY_AS(names, kept_.keep_file(directory_, trouble->file, "repair-" + trouble->file));
    }
    CRAWLSPOOL_TRY_AS(files_.spool_id, write_spool_id(directory_, clock_, files_.spool_id));
    return names;
  });
}

Result<void> SpoolRepair::repair_segment(const SegmentDamage& damage) {
  const SegmentName& name = damage.segment.name;
  if (damage.error) {
    steps_.give_up(damage.segment.file, damage.error->message());
    return {};
  }
  const Position end = name.position + damage.content_bytes;
  const std::uint64_t expected = damage.expected_bytes.value_or(damage.content_bytes);
  if (damage.content_bytes < expected)
    steps_.give_up(at(end), bytes_of(expected - damage.content_bytes) + " are missing, no segment has them");
  if (damage.content_bytes > expected)
    steps_.give_up(at(name.position + expected), bytes_of(damage.content_bytes - expected) + " are in two segments");
  if (name.kind == SegmentKind::kCompressed) return repair_compressed(damage);
  std::vector<RepairStep> steps;
  for (const ByteRange& range : damage.lines)
    steps.push_back({kRepair, at(range.position), bytes_of(range.bytes) + " damaged", "blank lines in their place"});
  return steps_.take(std::move(steps),
                     [&] { return blank_plain_segment(directory_, damage.segment, damage.lines, kept_); });
}

// Does nothing where the lengths do not add up: to write blocks again would make a guess permanent.
Result<void> SpoolRepair::repair_compressed(const SegmentDamage& damage) {
  const Position position = damage.segment.name.position;
  CRAWLSPOOL_TRY_AS(const auto check, check_compressed_segment(directory_, position, damage.expected_bytes));
  const auto blocks = blocks_to_remake(check, damage.lines);
  if (blocks.empty() && !check.blocks.empty()) return repair_index(position, check);
  if (check.blocks.empty() || damage.expected_bytes.value_or(damage.content_bytes) != damage.content_bytes) {
    steps_.give_up(damage.segment.file, "is damaged, and the positions of its blocks are unknown");
    return {};
  }
  std::vector<RepairStep> steps;
  steps.reserve(blocks.size() + 1);
  for (const std::size_t i : blocks) steps.push_back(step_for_block(check.blocks[i], damage.lines));
  if (check.index != IndexState::kSound)
    steps.push_back({kRepair, index_file_name(position), describe(check.index), "written again"});
  return steps_.take(std::move(steps), [&]() -> Result<Names> {
    Names index;
    if (check.index == IndexState::kDamaged || check.index == IndexState::kWrong) {
      CRAWLSPOOL_TRY_AS(index,
                        kept_.keep_file(directory_, index_file_name(position), "repair-" + index_file_name(position)));
    }
    auto names = remake_compressed_segment(directory_, position, check, damage.lines, kept_);
    if (names) names->insert(names->end(), index.begin(), index.end());
    return names;
  });
}

Result<void> SpoolRepair::repair_index(Position position, const CompressedCheck& check) {
  if (check.index == IndexState::kSound) return {};
  const std::string file = index_file_name(position);
  return steps_.take({{kRepair, file, describe(check.index), "written again"}}, [&]() -> Result<Names> {
    Names names;
    if (check.index != IndexState::kMissing) {
      CRAWLSPOOL_TRY_AS(names, kept_.keep_file(directory_, file, "repair-" + file));
    }
    return remake_index(directory_, check).map([&] { return names; });
  });
}

// Sets damaged compressed copies of plain segments aside: a start would remove the plain segment and keep the copy.
Result<void> SpoolRepair::repair_second_copies() {
  CRAWLSPOOL_TRY_AS(const auto segments, list_segments(directory_));
  for (const Segment& segment : segments) {
    if (segment.name.kind != SegmentKind::kSealed) continue;
    const std::string copy = segment_file_name({segment.name.position, SegmentKind::kCompressed});
    const auto check = check_compressed_segment(directory_, segment.name.position, std::nullopt);
    if (!check && check.error().code == ErrorCode::kNotFound) continue;
    const auto plain = directory_.open(segment.file, OpenMode::kRead);
    const bool is_whole =
        check && check->unsound.empty() && plain && (*plain)->size().value_or(0) == content_bytes(check->blocks);
    if (is_whole || !plain) continue;
    if (auto done = set_aside_copy(segment, copy); !done) return done;
  }
  return {};
}

Result<void> SpoolRepair::set_aside_copy(const Segment& plain, const std::string& copy) {
  return steps_.take({{kRepair, copy, "is damaged", "set aside: " + plain.file + " is there, too"}},
                     [&] { return kept_.set_aside(directory_, copy, "repair-" + copy); });
}

Result<void> SpoolRepair::repair_durable(const DamageSurvey& survey) {
  const bool is_known = std::none_of(survey.segments.begin(), survey.segments.end(),
                                     [](const SegmentDamage& segment) { return segment.error.has_value(); });
  const ControlTrouble* const trouble = trouble_with(files_, ControlFile::kDurable);
  std::string why;
  if (trouble != nullptr)
    why = trouble->why;
  else if (survey.durable_is_within_a_line)
    why = at(*files_.durable) + " is no line's end";
  else if (files_.durable && *files_.durable > survey.end)
    why = at(*files_.durable) + " is " + bytes_of(*files_.durable - survey.end) + " beyond the spool's end";
  if (why.empty()) return {};
  const std::string file(kDurableName);
  if (!is_known || (trouble != nullptr && trouble->code != ErrorCode::kDamaged)) {
    steps_.give_up(file, why);
    return {};
  }
  const std::string digits = position_digits(survey.known_synced);
  return steps_.take({{kRepair, file, why, "written again with " + digits}}, [&] {
    return kept_.keep_file(directory_, file, "repair-" + file).and_then([&](Names names) {
      return replace_file(directory_, file, digits).map([&] { return names; });
    });
  });
}

Result<void> SpoolRepair::set_aside(const ControlTrouble& trouble) {
  if (trouble.code != ErrorCode::kDamaged) {
    steps_.give_up(trouble.file, trouble.why);
    return {};
  }
  const bool is_cursor = trouble.kind == ControlFile::kCursor;
  const std::string remedy = is_cursor
                                 ? "set aside: its reader starts over, and retention waits for it no longer"
                                 : "set aside: the next start reads the other snapshot, or all lines of the spool";
  return steps_.take({{kRepair, trouble.file, trouble.why, remedy}}, [&]() -> Result<Names> {
    const std::size_t slash = trouble.file.find('/');
    if (slash == std::string::npos) return kept_.set_aside(directory_, trouble.file, "repair-" + trouble.file);
    CRAWLSPOOL_TRY_AS(const auto folder, directory_.open_directory(trouble.file.substr(0, slash)));
    const std::string file = trouble.file.substr(slash + 1);
    return kept_.set_aside(*folder, file, "repair-cursor-" + file);
  });
}

}  // namespace crawlspool::spool
