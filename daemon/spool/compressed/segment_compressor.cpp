#include "daemon/spool/compressed/segment_compressor.h"

#include <algorithm>
#include <array>

#include "daemon/spool/compressed/segment_index.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kCompareBytes = 256 * 1024;

}  // namespace

SegmentCompressor::SegmentCompressor(Directory& directory, Position position, const CompressionOptions& options)
    : directory_(directory),
      position_(position),
      options_(options),
      plain_name_(segment_file_name({position, SegmentKind::kSealed})),
      compressed_name_(segment_file_name({position, SegmentKind::kCompressed})),
      copy_name_(compressed_name_ + std::string(kTemporarySuffix)),
      index_name_(index_file_name(position)) {}

SegmentCompressor::~SegmentCompressor() {
  if (stage_ == Stage::kOpen || stage_ == Stage::kDone) return;
  static_cast<void>(directory_.remove(copy_name_));
  static_cast<void>(directory_.remove(index_name_ + std::string(kTemporarySuffix)));
  if (has_index_) static_cast<void>(directory_.remove(index_name_));
}

Result<bool> SegmentCompressor::step() {
  const auto piece = [this] {
    switch (stage_) {
      case Stage::kOpen:
        return open();
      case Stage::kWrite:
        return write_some();
      case Stage::kCompare:
        return compare_some();
      case Stage::kPublish:
        return publish();
      case Stage::kDone:
        break;
    }
    return Result<void>{};
  };
  return piece().map([this] { return stage_ != Stage::kDone; });
}

Result<void> SegmentCompressor::open() {
  CRAWLSPOOL_TRY_AS(plain_, directory_.open(plain_name_, OpenMode::kRead));
  stage_ = Stage::kWrite;
  CRAWLSPOOL_TRY_AS(copy_, directory_.open(copy_name_, OpenMode::kCreate));
  writer_.emplace(*plain_, position_, *copy_, options_);
  return copy_->truncate(0);
}

Result<void> SegmentCompressor::write_some() {
  CRAWLSPOOL_TRY_AS(const auto has_more, writer_->write_some());
  if (has_more) return {};
  if (auto synced = copy_->sync(); !synced) return synced;
  copy_->drop_cache();
  written_.emplace(std::move(copy_), writer_->blocks());
  writer_.reset();
  stage_ = Stage::kCompare;
  return {};
}

// Compares what the disk has, not the cache.
Result<void> SegmentCompressor::compare_some() {
  const std::uint64_t content = content_bytes(written_->blocks());
  std::array<std::string, 2> pieces;
  for (std::string& piece : pieces) piece.resize(std::min<std::uint64_t>(kCompareBytes, content - compared_));
  CRAWLSPOOL_TRY(plain_->read_at(compared_, pieces[0]).and_then([&](std::size_t n) {
    pieces[0].resize(n);
    return written_->read_at(compared_, pieces[1]);
  }));
  if (pieces[0] != pieces[1] || written_->has_met_damage())
    return base::fail(ErrorCode::kDamaged, "compressed copy of " + plain_name_ + " reads otherwise than it");
  compared_ += pieces[0].size();
  if (compared_ == content) stage_ = Stage::kPublish;
  return {};
}

Result<void> SegmentCompressor::publish() {
  has_index_ = true;
  auto named = replace_file(directory_, index_name_, render_index(written_->blocks()))
                   .and_then([&] { return directory_.open(plain_name_, OpenMode::kRead); })  // still wanted
                   .and_then([&](const auto&) { return directory_.rename(copy_name_, compressed_name_); });
  if (!named) return named;
  has_index_ = false;
  if (auto synced = directory_.sync(); !synced) return synced;
  if (auto removed = directory_.remove(plain_name_); !removed && removed.error().code != ErrorCode::kNotFound)
    return removed;
  stage_ = Stage::kDone;
  return {};
}

CompressedSegment SegmentCompressor::compressed() const {
  const Blocks& blocks = written_->blocks();
  CompressedSegment compressed{content_bytes(blocks), file_bytes(blocks), {}};
  for (const Block& block : blocks)
    if (!block.timestamps->least.empty()) {
      compressed.timestamps.take(block.timestamps->least);
      compressed.timestamps.take(block.timestamps->greatest);
    }
  return compressed;
}

Result<CompressedSegment> compress_segment(Directory& directory, Position position, const CompressionOptions& options) {
  SegmentCompressor compressor(directory, position, options);
  while (true) {
    CRAWLSPOOL_TRY_AS(const auto has_more, compressor.step());
    if (!has_more) return compressor.compressed();
  }
}

}  // namespace crawlspool::spool
