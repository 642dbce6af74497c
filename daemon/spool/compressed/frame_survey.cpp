#include "daemon/spool/compressed/frame_survey.h"

#include <algorithm>
#include <string>

#include "daemon/spool/compressed/frame_layout.h"

namespace crawlspool::spool {
namespace {

using base::Result;

constexpr std::size_t kSearchBytes = 256 * 1024;
// Each costs a decoding: what looks like a frame's start this often and is none was made so.
constexpr int kCandidatesMax = 1000;

class Survey {
 public:
  Survey(ByteSource& file, std::uint64_t file_bytes, FrameDecoder& decoder)
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
  Result<DecodedFrame> decode(std::uint64_t offset) {
    return decoder_.decode({offset, file_bytes_, kFrameContentBytesMax}, nullptr);
  }

  Result<Stretch> look(std::uint64_t offset) {
    CRAWLSPOOL_TRY_AS(const auto header, read_frame_header(file_, offset));
    CRAWLSPOOL_TRY_AS(const auto frame, decode(offset));
    Stretch stretch{Stretch::Kind::kSound, offset, frame.file_bytes, frame.content_bytes};
    if (frame.is_sound) return stretch;

    // Damaged blocks may decode to more or less than they held.
    if (header && header->content_bytes <= kFrameContentBytesMax) stretch.content_bytes = header->content_bytes;
    CRAWLSPOOL_TRY_AS(const auto end, find_frame_end(file_, offset, file_bytes_));
    stretch.kind = end ? Stretch::Kind::kDamaged : Stretch::Kind::kUnknown;
    CRAWLSPOOL_TRY_AS(const auto next, end ? *end : find_sound_frame(offset + 1));
    stretch.file_bytes = next - offset;
    return stretch;
  }

  // The file's end if there is none.
  Result<std::uint64_t> find_sound_frame(std::uint64_t from) {
    std::string block;
    while (from < file_bytes_ && candidates_ < kCandidatesMax) {
      block.resize(std::min<std::uint64_t>(kSearchBytes, file_bytes_ - from));
      CRAWLSPOOL_TRY_AS(const auto n, file_.read_at(from, block));
      block.resize(n);
      const std::size_t at = block.find(kFrameMagic);
      if (at == std::string::npos) {
        if (block.size() < kSearchBytes) break;
        from += block.size() - (kFrameMagic.size() - 1);
        continue;
      }
      from += at;
      CRAWLSPOOL_TRY_AS(const auto frame, decode(from));
      if (frame.is_sound) return from;
      ++candidates_;
      ++from;
    }
    return file_bytes_;
  }

  ByteSource& file_;
  std::uint64_t file_bytes_;
  FrameDecoder& decoder_;
  int candidates_ = 0;
};

}  // namespace

Result<std::vector<Stretch>> survey_frames(ByteSource& file, std::uint64_t file_bytes, FrameDecoder& decoder) {
  return Survey(file, file_bytes, decoder).run();
}

}  // namespace crawlspool::spool
