#include "daemon/spool/frame_table.h"

#include <algorithm>
#include <numeric>

#include "daemon/spool/frame_layout.h"
#include "daemon/spool/frame_survey.h"

namespace crawlspool::spool {
namespace {

using base::Result;
using Kind = Stretch::Kind;

// Too few for a line, and no blank one: damage of unknown length shows as at least this.
constexpr std::uint64_t kDamageBytesMin = 2;
// What a block holds at most, and takes in the file at least.
constexpr std::uint64_t kBlockBytesMax = 128 * 1024;
constexpr std::uint64_t kBlockFileBytesMin = 4;

Result<bool> headers_agree(ByteSource& file, const Frames& index) {
  for (const Frame& frame : index) {
    const auto header = read_frame_header(file, frame.offset);
    if (!header) return tl::unexpected(header.error());
    if (!*header || (*header)->content_bytes != frame.bytes) return false;
  }
  return true;
}

bool has_frame(const Frames& index, const Stretch& stretch) {
  const auto frame = std::lower_bound(index.begin(), index.end(), stretch.offset,
                                      [](const Frame& f, std::uint64_t offset) { return f.offset < offset; });
  return frame != index.end() && frame->offset == stretch.offset && frame->file_bytes == stretch.file_bytes &&
         frame->bytes == stretch.decoded_bytes;
}

bool is_sound(const Stretch& stretch) { return stretch.kind == Kind::kSound; }

// With nothing sound left in the file, its length or that of the content has to speak for the index.
bool fits(const Frames& index, const std::vector<Stretch>& stretches, std::uint64_t size, const SegmentHints& hints) {
  const bool has_sound = std::any_of(stretches.begin(), stretches.end(), is_sound);
  if (!has_sound) return file_bytes(index) == size || hints.expected_bytes == content_bytes(index);
  return std::all_of(stretches.begin(), stretches.end(),
                     [&](const Stretch& stretch) { return !is_sound(stretch) || has_frame(index, stretch); });
}

// A stretch and the length of content that it stands for.
struct Sized {
  Stretch stretch;
  std::uint64_t bytes;
};

std::uint64_t likely_bytes(const Stretch& stretch) {
  if (is_sound(stretch)) return stretch.decoded_bytes;
  return std::max({stretch.decoded_bytes, stretch.claimed_bytes.value_or(0), kDamageBytesMin});
}

std::uint64_t sum(const std::vector<Sized>& all) {
  return std::accumulate(all.begin(), all.end(), std::uint64_t{0},
                         [](std::uint64_t bytes, const Sized& sized) { return bytes + sized.bytes; });
}

// From the first to the last stretch of which nothing is known they become one.
void merge_unknown(std::vector<Sized>& all) {
  const auto is_unknown = [](const Sized& sized) { return sized.stretch.kind == Kind::kUnknown; };
  const auto first = std::find_if(all.begin(), all.end(), is_unknown);
  const auto behind = std::find_if(all.rbegin(), all.rend(), is_unknown).base();
  if (first == all.end()) return;
  const Stretch& last = std::prev(behind)->stretch;
  first->stretch.file_bytes = last.offset + last.file_bytes - first->stretch.offset;
  all.erase(std::next(first), behind);
}

// The one stretch of unknown length gets what the others leave, if it can have held as much: otherwise the segment
// behind this one is not the next.
void fill_up(std::vector<Sized>& all, std::uint64_t expected) {
  const auto unknown =
      std::find_if(all.begin(), all.end(), [](const Sized& sized) { return sized.stretch.kind == Kind::kUnknown; });
  if (unknown == all.end()) return;
  const std::uint64_t others = sum(all) - unknown->bytes;
  const std::uint64_t possible = (unknown->stretch.file_bytes / kBlockFileBytesMin + 1) * kBlockBytesMax;
  if (expected >= others && expected - others <= possible) unknown->bytes = expected - others;
}

// Where one frame only is damaged and the sum is wrong, its header may claim a wrong length: if the frame is sound with
// the right one, that is proved.
Result<void> correct_header(std::vector<Sized>& all, std::uint64_t expected, FrameDecoder& decoder) {
  const auto is_damaged = [](const Sized& sized) { return !is_sound(sized.stretch); };
  if (std::count_if(all.begin(), all.end(), is_damaged) != 1) return {};
  const auto damaged = std::find_if(all.begin(), all.end(), is_damaged);
  const std::uint64_t others = sum(all) - damaged->bytes;
  if (expected < others || expected - others > kFrameContentBytesMax) return {};
  const std::uint64_t rest = expected - others;
  const Stretch& stretch = damaged->stretch;
  return decoder.decode({stretch.offset, stretch.offset + stretch.file_bytes, rest, rest}, nullptr)
      .map([&](const DecodedFrame& frame) {
        if (frame.is_sound) damaged->bytes = rest;
      });
}

Frames lay_out(const std::vector<Sized>& all, Position begin) {
  Frames frames;
  for (const Sized& sized : all) {
    frames.push_back({begin, sized.bytes, sized.stretch.offset, sized.stretch.file_bytes, std::nullopt});
    begin += sized.bytes;
  }
  return frames;
}

Result<Frames> size_stretches(const std::vector<Stretch>& stretches, FrameDecoder& decoder, const SegmentHints& hints) {
  std::vector<Sized> all;
  all.reserve(stretches.size());
  for (const Stretch& stretch : stretches) all.push_back({stretch, likely_bytes(stretch)});
  if (hints.expected_bytes && sum(all) != *hints.expected_bytes) {
    merge_unknown(all);
    fill_up(all, *hints.expected_bytes);
    if (sum(all) != *hints.expected_bytes)
      if (auto corrected = correct_header(all, *hints.expected_bytes, decoder); !corrected)
        return tl::unexpected(corrected.error());
  }
  return lay_out(all, hints.begin);
}

}  // namespace

Result<Frames> make_frame_table(ByteSource& file, FrameDecoder& decoder, const SegmentHints& hints) {
  const auto size = file.size();
  if (!size) return tl::unexpected(size.error());
  if (hints.index && file_bytes(*hints.index) == *size) {
    const auto agree = headers_agree(file, *hints.index);
    if (!agree) return tl::unexpected(agree.error());
    if (*agree) return *hints.index;
  }
  const auto stretches = survey_frames(file, *size, decoder);
  if (!stretches) return tl::unexpected(stretches.error());
  const bool is_all_sound = std::all_of(stretches->begin(), stretches->end(), is_sound);
  if (!is_all_sound && hints.index && fits(*hints.index, *stretches, *size, hints)) return *hints.index;
  return size_stretches(*stretches, decoder, hints);
}

}  // namespace crawlspool::spool
