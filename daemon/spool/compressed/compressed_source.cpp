#include "daemon/spool/compressed/compressed_source.h"

#include <algorithm>

#include "daemon/spool/compressed/block_table.h"

namespace crawlspool::spool {

using base::Result;

Result<std::unique_ptr<CompressedSource>> CompressedSource::open(Directory& directory, Position begin,
                                                                 std::optional<std::uint64_t> expected_bytes) {
  CRAWLSPOOL_TRY_AS(auto file, directory.open(segment_file_name({begin, SegmentKind::kCompressed}), OpenMode::kRead));
  auto source = std::make_unique<CompressedSource>(std::move(file), Blocks{});
  CRAWLSPOOL_TRY_AS(auto blocks, make_block_table(*source->file_, source->decoder_,
                                                  {begin, read_index(directory, begin), expected_bytes}));
  source->blocks_ = std::move(blocks);
  return source;
}

Result<std::size_t> CompressedSource::read_at(std::uint64_t offset, std::span<char> into) {
  std::size_t done = 0;
  const auto begin_of = [this](const Block& block) { return block.position - blocks_.front().position; };
  auto block = std::upper_bound(blocks_.begin(), blocks_.end(), offset,
                                [&](std::uint64_t at, const Block& f) { return at < begin_of(f); });
  if (block != blocks_.begin()) --block;
  for (; block != blocks_.end() && done < into.size(); ++block) {
    const std::uint64_t in_block = offset + done - begin_of(*block);
    if (in_block >= block->bytes) continue;
    CRAWLSPOOL_TRY(load(*block));
    const std::size_t n = std::min<std::uint64_t>(into.size() - done, block->bytes - in_block);
    copy(*block, in_block, into.subspan(done, n));
    done += n;
  }
  return done;
}

Result<void> CompressedSource::load(const Block& block) {
  if (loaded_ == &block) return {};
  loaded_ = nullptr;
  CRAWLSPOOL_TRY_AS(const auto decoded,
                    decoder_.decode({block.offset, block.offset + block.file_bytes, block.bytes}, &content_));
  loaded_ = &block;
  is_sound_ = decoded.is_sound && decoded.content_bytes == block.bytes;
  has_met_damage_ = has_met_damage_ || !is_sound_;
  return {};
}

void CompressedSource::copy(const Block& block, std::uint64_t offset, std::span<char> into) const {
  const std::size_t from_content =
      offset < content_.size() ? std::min<std::uint64_t>(into.size(), content_.size() - offset) : 0;
  content_.copy(into.data(), from_content, std::min<std::uint64_t>(offset, content_.size()));
  std::fill(into.begin() + static_cast<std::ptrdiff_t>(from_content), into.end(), '\0');
  if (!is_sound_ && offset + into.size() == block.bytes) into.back() = '\n';
}

}  // namespace crawlspool::spool
