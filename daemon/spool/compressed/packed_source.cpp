#include "daemon/spool/compressed/packed_source.h"

#include <algorithm>

#include "daemon/spool/compressed/frame_table.h"

namespace crawlspool::spool {

using base::Result;

Result<std::unique_ptr<PackedSource>> PackedSource::open(Directory& directory, Position begin,
                                                         std::optional<std::uint64_t> expected_bytes) {
  CRAWLSPOOL_TRY_AS(auto file, directory.open(segment_file_name({begin, SegmentKind::kCompressed}), OpenMode::kRead));
  auto source = std::make_unique<PackedSource>(std::move(file), Frames{});
  CRAWLSPOOL_TRY_AS(auto frames, make_frame_table(*source->file_, source->decoder_,
                                                  {begin, read_index(directory, begin), expected_bytes}));
  source->frames_ = std::move(frames);
  return source;
}

Result<std::size_t> PackedSource::read_at(std::uint64_t offset, std::span<char> into) {
  std::size_t done = 0;
  const auto begin_of = [this](const Frame& frame) { return frame.position - frames_.front().position; };
  auto frame = std::upper_bound(frames_.begin(), frames_.end(), offset,
                                [&](std::uint64_t at, const Frame& f) { return at < begin_of(f); });
  if (frame != frames_.begin()) --frame;
  for (; frame != frames_.end() && done < into.size(); ++frame) {
    const std::uint64_t in_frame = offset + done - begin_of(*frame);
    if (in_frame >= frame->bytes) continue;
    CRAWLSPOOL_TRY(load(*frame));
    const std::size_t n = std::min<std::uint64_t>(into.size() - done, frame->bytes - in_frame);
    copy(*frame, in_frame, into.subspan(done, n));
    done += n;
  }
  return done;
}

Result<void> PackedSource::load(const Frame& frame) {
  if (loaded_ == &frame) return {};
  loaded_ = nullptr;
  CRAWLSPOOL_TRY_AS(const auto decoded,
                    decoder_.decode({frame.offset, frame.offset + frame.file_bytes, frame.bytes}, &content_));
  loaded_ = &frame;
  is_sound_ = decoded.is_sound && decoded.content_bytes == frame.bytes;
  has_met_damage_ = has_met_damage_ || !is_sound_;
  return {};
}

void PackedSource::copy(const Frame& frame, std::uint64_t offset, std::span<char> into) const {
  const std::size_t from_content =
      offset < content_.size() ? std::min<std::uint64_t>(into.size(), content_.size() - offset) : 0;
  content_.copy(into.data(), from_content, std::min<std::uint64_t>(offset, content_.size()));
  std::fill(into.begin() + static_cast<std::ptrdiff_t>(from_content), into.end(), '\0');
  if (!is_sound_ && offset + into.size() == frame.bytes) into.back() = '\n';
}

}  // namespace crawlspool::spool
