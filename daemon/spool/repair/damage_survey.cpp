#include "daemon/spool/repair/damage_survey.h"

#include <algorithm>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/lines/line_scanner.h"
#include "daemon/spool/read/segment_list.h"

namespace crawlspool::spool {
namespace {

using base::Result;

class Survey {
 public:
  Survey(Directory& directory, const ControlFiles& files) : directory_(directory), durable_(files.durable) {
    out_.known_synced = files.snapshot.value_or(0);
  }

  Result<DamageSurvey> run() {
    CRAWLSPOOL_TRY_AS(const auto segments, list_segments(directory_));
    for (std::size_t i = 0; i < segments.size(); ++i) {
      SegmentDamage damage{segments[i], expected_bytes(segments, i), 0, {}, std::nullopt};
      if (auto read = read_segment(damage); !read) damage.error = read.error();
      out_.end = damage.segment.name.position + damage.content_bytes;
      out_.segments.push_back(std::move(damage));
    }
    find_end();
    return std::move(out_);
  }

 private:
  Result<void> read_segment(SegmentDamage& damage) {
    CRAWLSPOOL_TRY_AS(const auto source, open_segment_source(directory_, damage.segment, damage.expected_bytes));
    LineScanner scanner(*source);
    for (bool is_whole = true; is_whole;) {
      CRAWLSPOOL_TRY_AS(const auto line, scanner.next());
      if (!line) break;
      is_whole = line->is_whole;
      damage.content_bytes = line->offset + line->bytes.size();
      judge(*line, damage);
    }
    return {};
  }

  // Judges a line as readers do.
  void judge(const ScannedLine& line, SegmentDamage& damage) {
    const ByteRange range{damage.segment.name.position + line.offset, line.bytes.size()};
    const auto sound = line.is_piece ? std::nullopt : check_line(line.bytes);
    if (sound && sound->synced.value_or(0) <= range.position) return take_sound(range, *sound);
    if (line.is_piece || !is_blank_line(line.bytes)) add_range(damage.lines, range);
  }

  // Notices a durable position inside of a line: no commit ends there, so that position is damaged.
  void take_sound(const ByteRange& range, const SoundLine& line) {
    out_.known_synced = std::max(out_.known_synced, line.synced.value_or(0));
    if (!durable_ || *durable_ <= range.position || *durable_ >= range.position + range.bytes) return;
    out_.durable_is_within_a_line = true;
    durable_ = range.position;
  }

  // Finds up to where everything is known to be synced. All segments but the active one are synced.
  void find_end() {
    const bool is_active = !out_.segments.empty() && out_.segments.back().segment.name.kind == SegmentKind::kOpen;
    if (!is_active) {
      out_.known_synced = out_.end;
      return;
    }
    SegmentDamage& last = out_.segments.back();
    out_.known_synced = std::max({out_.known_synced, durable_.value_or(0), last.segment.name.position});
    out_.known_synced = std::min(out_.known_synced, out_.end);
    const Position limit = out_.known_synced;
    const auto reaches_behind = [limit](const ByteRange& range) { return range.position + range.bytes > limit; };
    const auto first = std::find_if(last.lines.begin(), last.lines.end(), reaches_behind);
    if (first == last.lines.end()) return;
    const Position tail = std::max(first->position, limit);
    out_.unsynced_tail = ByteRange{tail, out_.end - tail};
    first->bytes = limit - std::min(first->position, limit);
    last.lines.erase(first->bytes > 0 ? std::next(first) : first, last.lines.end());
  }

  Directory& directory_;
  std::optional<Position> durable_;
  DamageSurvey out_;
};

}  // namespace

Result<DamageSurvey> survey_damage(Directory& directory, const ControlFiles& files) {
  return Survey(directory, files).run();
}

}  // namespace crawlspool::spool
