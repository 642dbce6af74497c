#include "daemon/spool/compressed/block_survey.h"

#include <algorithm>
#include <string>

#include "daemon/spool/compressed/block_layout.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::size_t kSearchBytes = 256 * 1024;
// What looks like a block's start this often and is none was made to look so; each one costs a decoding.
constexpr int kCandidatesMax = 1000;

class Survey {
 public:
  Survey(ByteSource& file, std::uint64_t file_bytes, BlockDecoder& decoder)
      : file_(file), file_bytes_(file_bytes), decoder_(decoder) {}

  Result<std::vector<Stretch>> run() {
    std::vector<Stretch> stretches;
    for (std::uint64_t at = 0; at < file_bytes_;) {
      CRAWLSPOOL_TRY_AS(const auto stretch, look(at));
      stretches.push_back(stretch);
      at += stretch.file_bytes;
    }
    return stretches;
  }

 private:
  Result<DecodedBlock> decode(std::uint64_t offset) {
    return decoder_.decode({offset, file_bytes_, kBlockContentBytesMax}, nullptr);
  }

  Result<Stretch> look(std::uint64_t offset) {
    CRAWLSPOOL_TRY_AS(const auto header, read_block_header(file_, offset));
    CRAWLSPOOL_TRY_AS(const auto block, decode(offset));
    Stretch stretch{Stretch::Kind::kSound, offset, block.file_bytes, block.content_bytes};
    if (block.is_sound) return stretch;

    // Damaged inner blocks may decode to more or less than they held.
    if (header && header->content_bytes <= kBlockContentBytesMax) stretch.content_bytes = header->content_bytes;
    CRAWLSPOOL_TRY_AS(const auto end, find_block_end(file_, offset, file_bytes_));
    stretch.kind = end ? Stretch::Kind::kDamaged : Stretch::Kind::kUnknown;
    CRAWLSPOOL_TRY_AS(const auto next, end ? *end : find_sound_block(offset + 1));
    stretch.file_bytes = next - offset;
    return stretch;
  }

  // Returns the file's end if there is none.
  Result<std::uint64_t> find_sound_block(std::uint64_t from) {
    std::string piece;
    while (from < file_bytes_ && candidates_ < kCandidatesMax) {
      piece.resize(std::min<std::uint64_t>(kSearchBytes, file_bytes_ - from));
      CRAWLSPOOL_TRY_AS(const auto n, file_.read_at(from, piece));
      piece.resize(n);
      const std::size_t at = piece.find(kZstdMagic);
      if (at == std::string::npos) {
        if (piece.size() < kSearchBytes) break;
        from += piece.size() - (kZstdMagic.size() - 1);
        continue;
      }
      from += at;
      CRAWLSPOOL_TRY_AS(const auto block, decode(from));
      if (block.is_sound) return from;
      ++candidates_;
      ++from;
    }
    return file_bytes_;
  }

  ByteSource& file_;
  std::uint64_t file_bytes_;
  BlockDecoder& decoder_;
  int candidates_ = 0;
};

}  // namespace

Result<std::vector<Stretch>> survey_blocks(ByteSource& file, std::uint64_t file_bytes, BlockDecoder& decoder) {
  return Survey(file, file_bytes, decoder).run();
}

}  // namespace crawlspool::spool
