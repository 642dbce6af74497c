#include "tests/simulator/vandal.h"

#include <zstd.h>

#include <algorithm>

#include "daemon/spool/lines/line.h"
#include "daemon/spool/storage/layout.h"

namespace crawlspool::simulator {
namespace {

using spool::Position;
using test::kForgetfulPageBytes;

constexpr Position kEverywhere = ~Position{0};
constexpr std::string_view kIndexSuffix = ".idx.json";

// The lines that overlap the hit, and the one behind if the hit took the line break before it.
Range lines_hit(const Census& before, Range hit) {
  Range all{hit};
  for (const FoundLine& line : before.lines) {
    if (line.range.position > hit.end() || line.range.end() <= hit.position) continue;
    const Position begin = std::min(all.position, line.range.position);
    all = {begin, std::max(all.end(), line.range.end()) - begin};
  }
  return all;
}

// Up to where a start will know that everything was synced, at the least.
Position known_synced(std::string_view content, Position begin, std::optional<Position> durable) {
  Position known = begin;
  const Position end = begin + content.size();
  if (durable && *durable <= end) known = std::max(known, *durable);
  while (!content.empty()) {
    const std::string_view line = content.substr(0, content.find('\n') + 1);
    if (line.empty()) break;
    const auto sound = spool::check_line(line);
    if (sound && sound->synced.value_or(0) <= end) known = std::max(known, sound->synced.value_or(0));
    content.remove_prefix(line.size());
  }
  return known;
}

bool is_sound(std::string_view block, std::size_t content_bytes) {
  std::string content(content_bytes, '\0');
  return ZSTD_decompress(content.data(), content.size(), block.data(), block.size()) == content.size();
}

// The content that the blocks hold which the hit touches, and those right behind that were harmed before: where the hit
// takes a header and the index is gone, the next block is found by being sound. Nothing if the file does not read as
// blocks up to `end`, as one that was harmed before may not.
std::optional<Range> blocks_hit(std::string_view compressed, Position begin, Position end, std::uint64_t offset,
                                std::uint64_t bytes) {
  std::optional<Range> hit;
  Position position = begin;
  for (std::uint64_t at = 0; at < compressed.size();) {
    const std::size_t block = ZSTD_findFrameCompressedSize(compressed.data() + at, compressed.size() - at);
    const unsigned long long content = ZSTD_getFrameContentSize(compressed.data() + at, compressed.size() - at);
    if (ZSTD_isError(block) != 0 || content >= ZSTD_CONTENTSIZE_ERROR) return std::nullopt;
    const bool is_touched = at < offset + bytes && offset < at + block;
    const bool is_right_behind = hit && hit->end() == position && !is_sound(compressed.substr(at, block), content);
    if (is_touched || is_right_behind) {
      if (!hit) hit = Range{position, 0};
      hit->bytes = position + content - hit->position;
    }
    position += content;
    at += block;
  }
  if (position != end) return std::nullopt;
  return hit;
}

bool is_control(const std::string& name) {
  return name == spool::kDurableName || name == spool::kSnapshotName || name == spool::kPreviousSnapshotName ||
         name.ends_with(kIndexSuffix);
}

}  // namespace

std::vector<std::string> Vandal::targets() const {
  std::vector<std::string> names = disk_.names();
  std::erase_if(names,
                [](const std::string& name) { return !spool::parse_segment_file_name(name) && !is_control(name); });
  return names;
}

Vandal::Hit Vandal::choose(Way way, std::uint64_t size) {
  const std::uint64_t offset = random_.below(size);
  if (way == Way::kFlip) return {offset, 1};
  if (way == Way::kCut) return {offset, size - offset};
  const std::uint64_t begin = offset - offset % kForgetfulPageBytes;
  return {begin, std::min(kForgetfulPageBytes, size - begin)};
}

Harm Vandal::describe(const std::string& file, Way way, std::uint64_t offset) {
  const char* const what = way == Way::kFlip ? "byte flipped" : way == Way::kZero ? "page zeroed" : "cut short";
  const auto name = spool::parse_segment_file_name(file);
  std::string kind = name ? file.substr(spool::kPositionDigits) : file;
  if (kind.ends_with(kIndexSuffix)) kind = kIndexSuffix;
  statistics_.count("harm: " + std::string(what) + " in " + kind);
  return {file, std::string(what) + " at its byte " + std::to_string(offset), {}, false};
}

void Vandal::apply(const std::string& file, Way way, const Hit& hit) {
  const char mask = static_cast<char>(random_.between(1, 255));
  disk_.damage(file, [&](std::string& bytes) {
    if (way == Way::kFlip)
      bytes[hit.offset] = static_cast<char>(bytes[hit.offset] ^ mask);
    else if (way == Way::kZero)
      bytes.replace(hit.offset, hit.bytes, hit.bytes, '\0');
    else
      bytes.resize(hit.offset);
  });
}

std::optional<Harm> Vandal::strike_plain(const std::string& file, const Census& before, Position acked_end) {
  const auto name = *spool::parse_segment_file_name(file);
  const std::string content = disk_.content(file).value_or("");
  const std::uint64_t synced = std::min<std::uint64_t>(content.size(), acked_end - std::min(acked_end, name.position));
  if (synced == 0) return std::nullopt;
  const auto durable = spool::parse_position_digits(disk_.content(spool::kDurableName).value_or(""));
  Way way = static_cast<Way>(random_.below(3));
  // That the last file is too short shows only against what the durable position says.
  const bool is_open = name.kind == spool::SegmentKind::kOpen;
  const bool is_last = name.position + content.size() >= acked_end;
  if (way == Way::kCut && is_last && durable.value_or(0) < acked_end) way = Way::kFlip;
  const Hit hit = choose(way, synced);
  apply(file, way, hit);

  const Range bytes_hit{name.position + hit.offset, way == Way::kCut ? content.size() - hit.offset : hit.bytes};
  Range lost = lines_hit(before, bytes_hit);
  if (is_open && lost.end() > known_synced(disk_.content(file).value_or(""), name.position, durable))
    lost.bytes = kEverywhere - lost.position;
  Harm harm = describe(file, way, hit.offset);
  harm.may_cost.add(lost);
  return harm;
}

// Where the next segment begins.
Position Vandal::end_of(Position begin) const {
  Position end = kEverywhere;
  for (const std::string& file : targets())
    if (const auto name = spool::parse_segment_file_name(file); name && name->position > begin)
      end = std::min(end, name->position);
  return end;
}

std::optional<Harm> Vandal::strike_compressed(const std::string& file) {
  const auto name = *spool::parse_segment_file_name(file);
  const std::string content = disk_.content(file).value_or("");
  if (content.empty()) return std::nullopt;
  const auto way = static_cast<Way>(random_.below(3));
  const Hit hit = choose(way, content.size());
  const auto lost = blocks_hit(content, name.position, end_of(name.position), hit.offset, hit.bytes);
  if (!lost) return std::nullopt;
  apply(file, way, hit);
  Harm harm = describe(file, way, hit.offset);
  harm.may_cost.add(*lost);
  return harm;
}

std::optional<Harm> Vandal::strike_control(const std::string& file, Position acked_end) {
  const std::string content = disk_.content(file).value_or("");
  if (content.empty()) return std::nullopt;
  const auto way = static_cast<Way>(random_.below(3));
  const Hit hit = choose(way, content.size());
  apply(file, way, hit);
  Harm harm = describe(file, way, hit.offset);
  if (file == spool::kDurableName)
    harm.unacked_may_be_lost = spool::parse_position_digits(disk_.content(file).value_or("")).value_or(0) > acked_end;
  return harm;
}

std::optional<Harm> Vandal::strike(const Census& before, Position acked_end) {
  const std::vector<std::string> names = targets();
  if (names.empty()) return std::nullopt;
  const std::string& file = names[random_.below(names.size())];
  const auto name = spool::parse_segment_file_name(file);
  if (!name) return strike_control(file, acked_end);
  return name->kind == spool::SegmentKind::kCompressed ? strike_compressed(file)
                                                       : strike_plain(file, before, acked_end);
}

}  // namespace crawlspool::simulator
