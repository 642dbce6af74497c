#include "daemon/spool/compressed/compressed_check.h"

#include <algorithm>
#include <string>

#include "daemon/spool/compressed/block_codec.h"
#include "daemon/spool/compressed/block_layout.h"
#include "daemon/spool/compressed/block_table.h"
#include "daemon/spool/lines/timestamp_scanner.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::Result;

TimestampRange timestamps_in(std::string_view content) {
  TimestampRange range;
  TimestampScanner scanner;
  static_cast<void>(scanner.feed(content, [&range](std::uint64_t, std::string_view timestamp) {
    range.take(timestamp);
    return true;
  }));
  return range;
}

// Compares the size in the header too: the decoder goes by the checksum alone, but other programs believe the header.
Result<bool> decode_block(ByteSource& file, BlockDecoder& decoder, const Block& block, std::string& content) {
  CRAWLSPOOL_TRY_AS(const auto header, read_block_header(file, block.offset));
  CRAWLSPOOL_TRY_AS(const auto decoded,
                    decoder.decode({block.offset, block.offset + block.file_bytes, block.bytes}, &content));
  return header && header->content_bytes == block.bytes && decoded.is_sound && decoded.content_bytes == block.bytes &&
         decoded.file_bytes == block.file_bytes;
}

bool covers(const TimestampRange& outer, const TimestampRange& inner) {
  if (inner.least.empty()) return true;
  return !outer.least.empty() && outer.least <= inner.least && inner.greatest <= outer.greatest;
}

bool is_same_place(const Block& a, const Block& b) {
  return a.position == b.position && a.bytes == b.bytes && a.offset == b.offset && a.file_bytes == b.file_bytes;
}

// Says whether the index is right about a block. A damaged one shows no timestamps to compare.
bool is_indexed_rightly(const Block& indexed, const Block& found) {
  const bool is_known = indexed.timestamps && found.timestamps;
  return is_same_place(indexed, found) && (!is_known || covers(*indexed.timestamps, *found.timestamps));
}

IndexState judge_index(Directory& directory, Position position, const std::optional<Blocks>& index,
                       const Blocks& blocks) {
  if (!index) {
    const auto file = directory.open(index_file_name(position), OpenMode::kRead);
    const bool is_missing = !file && file.error().code == ErrorCode::kNotFound;
    return is_missing ? IndexState::kMissing : IndexState::kDamaged;
  }
  const bool is_right = std::equal(index->begin(), index->end(), blocks.begin(), blocks.end(), is_indexed_rightly);
  return is_right ? IndexState::kSound : IndexState::kWrong;
}

}  // namespace

Result<CompressedCheck> check_compressed_segment(Directory& directory, Position position,
                                                 std::optional<std::uint64_t> expected_bytes) {
  CRAWLSPOOL_TRY_AS(const auto file,
                    directory.open(segment_file_name({position, SegmentKind::kCompressed}), OpenMode::kRead));
  const auto index = read_index(directory, position);
  BlockDecoder decoder(*file);
  CRAWLSPOOL_TRY_AS(auto blocks, make_block_table(*file, decoder, {position, index, expected_bytes}));
  auto check = check_blocks(*file, std::move(blocks));
  if (check) check->index = judge_index(directory, position, index, check->blocks);
  return check;
}

Result<CompressedCheck> check_blocks(ByteSource& file, Blocks blocks) {
  BlockDecoder decoder(file);
  CompressedCheck check{std::move(blocks), {}, IndexState::kSound};
  std::string content;
  for (Block& block : check.blocks) {
    CRAWLSPOOL_TRY_AS(const auto is_sound, decode_block(file, decoder, block, content));
    if (!is_sound) check.unsound.push_back(static_cast<std::size_t>(&block - check.blocks.data()));
    block.timestamps = is_sound ? std::optional(timestamps_in(content)) : std::nullopt;
  }
  return check;
}

}  // namespace crawlspool::spool
