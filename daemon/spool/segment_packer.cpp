#include "daemon/spool/segment_packer.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "daemon/spool/packed_source.h"
#include "daemon/spool/segment_index.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::fail_errno;
using base::Result;

constexpr std::size_t kCompareBytes = 256 * 1024;

class SegmentPacker {
 public:
  SegmentPacker(Directory& directory, Position position, const PackOptions& options)
      : directory_(directory), position_(position), options_(options) {}

  Result<PackedSegment> run() {
    auto plain = directory_.open(plain_name_, OpenMode::kRead);
    if (!plain) return tl::unexpected(plain.error());
    plain_ = std::move(*plain);
    auto done = write_copy().and_then([&] { return compare(); }).and_then([&] { return publish(); });
    if (!done) {
      drop_copy();
      return tl::unexpected(done.error());
    }
    return describe();
  }

 private:
  Result<void> write_copy() {
    auto copy = directory_.open(copy_name_, OpenMode::kCreate);
    if (!copy) return tl::unexpected(copy.error());
    copy_ = std::move(*copy);
    if (auto emptied = copy_->truncate(0); !emptied) return emptied;
    auto frames = FrameWriter(*plain_, position_, *copy_, options_).write_all();
    if (!frames) return tl::unexpected(frames.error());
    frames_ = std::move(*frames);
    return copy_->sync();
  }

  // As the disk has it and not the cache.
  Result<void> compare() {
    copy_->drop_cache();
    PackedSource packed(std::move(copy_), frames_);
    std::array<std::string, 2> blocks;
    for (std::uint64_t at = 0; at < content_bytes(frames_); at += blocks[0].size()) {
      if (options_.stop && options_.stop()) return fail_errno("packing of " + plain_name_, ECANCELED);
      const std::size_t bytes = std::min<std::uint64_t>(kCompareBytes, content_bytes(frames_) - at);
      for (std::string& block : blocks) block.resize(bytes);
      const auto read = plain_->read_at(at, blocks[0]).and_then([&](std::size_t n) {
        blocks[0].resize(n);
        return packed.read_at(at, blocks[1]);
      });
      if (!read) return tl::unexpected(read.error());
      if (blocks[0] != blocks[1] || packed.has_met_damage())
        return base::fail(ErrorCode::kDamaged, "packed copy of " + plain_name_ + " reads otherwise than it");
    }
    return {};
  }

  Result<void> publish() {
    has_index_ = true;
    auto named = replace_file(directory_, index_name_, render_index(frames_))
                     .and_then([&] { return directory_.open(plain_name_, OpenMode::kRead); })  // still wanted
                     .and_then([&](const auto&) { return directory_.rename(copy_name_, packed_name_); });
    if (!named) return named;
    has_index_ = false;
    if (auto synced = directory_.sync(); !synced) return synced;
    auto removed = directory_.remove(plain_name_);
    if (!removed && removed.error().code == ErrorCode::kNotFound) return {};
    return removed;
  }

  // Best effort: what stays is overwritten by the next try.
  void drop_copy() {
    static_cast<void>(directory_.remove(copy_name_));
    static_cast<void>(directory_.remove(index_name_ + std::string(kTemporarySuffix)));
    if (has_index_) static_cast<void>(directory_.remove(index_name_));
  }

  [[nodiscard]] PackedSegment describe() const {
    PackedSegment packed{content_bytes(frames_), file_bytes(frames_), {}};
    for (const Frame& frame : frames_)
      if (!frame.timestamps->least.empty()) {
        packed.timestamps.take(frame.timestamps->least);
        packed.timestamps.take(frame.timestamps->greatest);
      }
    return packed;
  }

  Directory& directory_;
  Position position_;
  const PackOptions& options_;
  const std::string plain_name_ = segment_file_name({position_, SegmentKind::kSealed});
  const std::string packed_name_ = segment_file_name({position_, SegmentKind::kCompressed});
  const std::string copy_name_ = packed_name_ + std::string(kTemporarySuffix);
  const std::string index_name_ = index_file_name(position_);
  std::unique_ptr<File> plain_;
  std::unique_ptr<File> copy_;
  Frames frames_;
  bool has_index_ = false;  // written for a copy that has not its name yet
};

}  // namespace

Result<PackedSegment> pack_segment(Directory& directory, Position position, const PackOptions& options) {
  return SegmentPacker(directory, position, options).run();
}

}  // namespace crawlspool::spool
