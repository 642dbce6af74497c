#include "daemon/spool/compressed/block_table.h"

#include <algorithm>
#include <numeric>

#include "daemon/spool/compressed/block_layout.h"
#include "daemon/spool/compressed/block_survey.h"

namespace crawlspool::spool {
namespace {

using base::Result;
using Kind = Stretch::Kind;

// Damage of unknown length is served as at least so many bytes: too few for a line, and more than a blank one needs.
constexpr std::uint64_t kDamageBytesMin = 2;
// An inner block holds at most so much content, and takes at least so many bytes of the file.
constexpr std::uint64_t kInnerBytesMax = 128 * 1024;
constexpr std::uint64_t kInnerFileBytesMin = 4;

Result<bool> headers_agree(ByteSource& file, const Blocks& index) {
  for (const Block& block : index) {
    CRAWLSPOOL_TRY_AS(const auto header, read_block_header(file, block.offset));
    if (!header || header->content_bytes != block.bytes) return false;
  }
  return true;
}

bool has_block(const Blocks& index, const Stretch& stretch) {
  const auto block = std::lower_bound(index.begin(), index.end(), stretch.offset,
                                      [](const Block& f, std::uint64_t offset) { return f.offset < offset; });
  return block != index.end() && block->offset == stretch.offset && block->file_bytes == stretch.file_bytes &&
         block->bytes == stretch.content_bytes;
}

bool is_sound(const Stretch& stretch) { return stretch.kind == Kind::kSound; }

// Says whether the index can be that of the file. Where nothing in the file is sound, its length or that of the content
// has to agree.
bool fits(const Blocks& index, const std::vector<Stretch>& stretches, std::uint64_t size, const SegmentHints& hints) {
  const bool has_sound = std::any_of(stretches.begin(), stretches.end(), is_sound);
  if (!has_sound) return file_bytes(index) == size || hints.expected_bytes == content_bytes(index);
  return std::all_of(stretches.begin(), stretches.end(),
                     [&](const Stretch& stretch) { return !is_sound(stretch) || has_block(index, stretch); });
}

bool is_unknown(const Stretch& stretch) { return stretch.kind == Kind::kUnknown; }

std::uint64_t sum(const std::vector<Stretch>& all) {
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0},
                         [](std::uint64_t bytes, const Stretch& stretch) { return bytes + stretch.content_bytes; });
}

std::uint64_t sum_of_known(const std::vector<Stretch>& all) {
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0}, [](std::uint64_t bytes, const Stretch& stretch) {
    return bytes + (is_unknown(stretch) ? 0 : stretch.content_bytes);
  });
}

// Treats damaged blocks whose headers claim more than there can be as garbage.
void doubt_claims(std::vector<Stretch>& all, std::uint64_t expected) {
  if (sum_of_known(all) <= expected) return;
  for (Stretch& stretch : all)
    if (!is_sound(stretch)) stretch.kind = Kind::kUnknown;
}

// Makes one of all stretches from the first to the last of which nothing is known.
void merge_unknown(std::vector<Stretch>& all) {
  const auto first = std::find_if(all.begin(), all.end(), is_unknown);
  const auto behind = std::find_if(all.rbegin(), all.rend(), is_unknown).base();
  if (first == all.end()) return;
  const Stretch& last = *std::prev(behind);
  first->file_bytes = last.offset + last.file_bytes - first->offset;
  all.erase(std::next(first), behind);
}

// Gives the one stretch of unknown length what the others leave, if it can have held as much: otherwise the segment
// behind this one is not the next.
void fill_up(std::vector<Stretch>& all, std::uint64_t expected) {
  const auto unknown = std::find_if(all.begin(), all.end(), is_unknown);
  if (unknown == all.end()) return;
  const std::uint64_t others = sum_of_known(all);
  const std::uint64_t possible = (unknown->file_bytes / kInnerFileBytesMin + 1) * kInnerBytesMax;
  if (expected >= others && expected - others <= possible) unknown->content_bytes = expected - others;
}

Blocks lay_out(std::vector<Stretch> all, const SegmentHints& hints) {
  auto expected = hints.expected_bytes;
  if (!expected && hints.index) expected = content_bytes(*hints.index);
  for (Stretch& stretch : all)
    if (!is_sound(stretch)) stretch.content_bytes = std::max(stretch.content_bytes, kDamageBytesMin);
  if (expected && sum(all) != *expected) {
    doubt_claims(all, *expected);
    merge_unknown(all);
    fill_up(all, *expected);
  }
  Blocks blocks;
  for (Position position = hints.begin; const Stretch& stretch : all) {
    blocks.push_back({position, stretch.content_bytes, stretch.offset, stretch.file_bytes, std::nullopt});
    position += stretch.content_bytes;
  }
  return blocks;
}

}  // namespace

Result<Blocks> make_block_table(ByteSource& file, BlockDecoder& decoder, const SegmentHints& hints) {
  CRAWLSPOOL_TRY_AS(const auto size, file.size());
  if (hints.index && file_bytes(*hints.index) == size) {
    CRAWLSPOOL_TRY_AS(const auto agree, headers_agree(file, *hints.index));
    if (agree) return *hints.index;
  }
  CRAWLSPOOL_TRY_AS(auto stretches, survey_blocks(file, size, decoder));
  const bool is_all_sound = std::all_of(stretches.begin(), stretches.end(), is_sound);
  if (!is_all_sound && hints.index && fits(*hints.index, stretches, size, hints)) return *hints.index;
  return lay_out(std::move(stretches), hints);
}

}  // namespace crawlspool::spool
