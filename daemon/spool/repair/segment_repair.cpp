#include "daemon/spool/repair/segment_repair.h"

#include <algorithm>
#include <optional>

#include "daemon/spool/compressed/block_codec.h"
#include "daemon/spool/compressed/compressed_source.h"

namespace crawlspool::spool {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kPieceBytes = 1024 * 1024;
constexpr std::size_t kBlankLineBytesMax = 64 * 1024;
constexpr int kLevel = 3;  // zstd's

std::string original_name(Position position) { return "repair-" + position_digits(position); }

Result<void> blank_range(File& file, std::uint64_t offset, std::uint64_t bytes) {
  Blanks blanks;
  std::string piece;
  for (std::uint64_t done = 0; done < bytes; done += piece.size()) {
    piece.resize(std::min<std::uint64_t>(kPieceBytes, bytes - done));
    CRAWLSPOOL_TRY_AS(const auto n, file.read_at(offset + done, piece));
    if (n < piece.size()) return base::fail(ErrorCode::kIo, "the segment has become shorter");
    blanks.make(piece, done + piece.size() == bytes);
    const std::string_view parts[] = {piece};
    if (auto written = write_fully(file, offset + done, parts); !written) return written;
  }
  return {};
}

// Writes the compressed file again beside the old one.
class Remake {
 public:
  Remake(Directory& directory, Position position, const CompressedCheck& check, const Damage& damage)
      : directory_(directory), position_(position), check_(check), damage_(damage) {}

  Result<std::vector<std::string>> run(KeptOriginals& kept) {
    const auto written = open().and_then([&] { return write_all(kept); }).and_then([&] { return read_back(); });
    CRAWLSPOOL_TRY(written.and_then([&] { return directory_.rename(copy_name_, compressed_name_); })
                       .and_then([&] { return directory_.sync(); })
                       .and_then([&] { return remake_index(directory_, made_); }));
    return std::move(kept_);
  }

 private:
  Result<void> open() {
    CRAWLSPOOL_TRY_AS(auto original, directory_.open(compressed_name_, OpenMode::kRead));
    CRAWLSPOOL_TRY_AS(auto content, directory_.open(compressed_name_, OpenMode::kRead));
    CRAWLSPOOL_TRY_AS(auto copy, directory_.open(copy_name_, OpenMode::kCreate));
    original_ = std::move(original);
    content_.emplace(std::move(content), check_.blocks);
    copy_ = std::move(copy);
    return copy_->truncate(0);
  }

  Result<void> write_all(KeptOriginals& kept) {
    const auto to_remake = blocks_to_remake(check_, damage_);
    for (std::size_t i = 0; i < check_.blocks.size(); ++i) {
      Block block = check_.blocks[i];
      const bool is_to_remake = std::binary_search(to_remake.begin(), to_remake.end(), i);
      const auto done = is_to_remake ? remake(block, kept) : copy_as_it_is(block);
      if (!done) return done;
      block.offset = made_.blocks.empty() ? 0 : file_bytes(made_.blocks);
      block.file_bytes = written_ - block.offset;
      made_.blocks.push_back(block);
    }
    return copy_->sync();
  }

  Result<void> copy_as_it_is(const Block& block) {
    CRAWLSPOOL_TRY_AS(const auto n, copy_bytes(*original_, block.offset, block.file_bytes, *copy_, written_));
    if (n < block.file_bytes) return base::fail(ErrorCode::kIo, compressed_name_ + " has become shorter");
    written_ += n;
    return {};
  }

  Result<void> remake(const Block& block, KeptOriginals& kept) {
    CRAWLSPOOL_TRY_AS(auto name,
                      kept.keep(*original_, block.offset, block.file_bytes, original_name(block.position) + ".zst"));
    kept_.push_back(std::move(name));
    std::string content(block.bytes, '\0');
    CRAWLSPOOL_TRY(content_->read_at(block.position - position_, content));
    for (const ByteRange& range : damage_) {
      const std::uint64_t bytes = overlap(range, block);
      const std::uint64_t at = std::max(range.position, block.position) - block.position;
      if (bytes > 0) Blanks().make(std::span(content).subspan(at, bytes), true);
    }
    std::string compressed;
    encoder_.begin(content.size());
    return encoder_.add(content, true, compressed).and_then([&] { return append(compressed); });
  }

  Result<void> append(std::string_view bytes) {
    const std::string_view parts[] = {bytes};
    auto written = write_fully(*copy_, written_, parts);
    written_ += bytes.size();
    return written;
  }

  // Checks the copy as the disk has it.
  Result<void> read_back() {
    copy_->drop_cache();
    CRAWLSPOOL_TRY_AS(auto made, check_blocks(*copy_, made_.blocks));
    if (!made.unsound.empty()) return base::fail(ErrorCode::kIo, copy_name_ + " does not read back as written");
    made_ = std::move(made);
    return {};
  }

  Directory& directory_;
  Position position_;
  const CompressedCheck& check_;
  const Damage& damage_;
  const std::string compressed_name_ = segment_file_name({position_, SegmentKind::kCompressed});
  const std::string copy_name_ = compressed_name_ + std::string(kTemporarySuffix);
  std::unique_ptr<File> original_;
  std::optional<CompressedSource> content_;
  std::unique_ptr<File> copy_;
  BlockEncoder encoder_{kLevel};
  std::uint64_t written_ = 0;
  CompressedCheck made_;
  std::vector<std::string> kept_;
};

}  // namespace

void Blanks::make(std::span<char> piece, bool is_last) {
  for (char& byte : piece) {
    const bool ends_line = byte == '\n' || ++in_line_ == kBlankLineBytesMax;
    byte = ends_line ? '\n' : ' ';
    if (ends_line) in_line_ = 0;
  }
  if (is_last && !piece.empty()) piece.back() = '\n';
}

Result<std::vector<std::string>> blank_plain_segment(Directory& directory, const Segment& segment, const Damage& damage,
                                                     KeptOriginals& kept) {
  CRAWLSPOOL_TRY_AS(auto file, directory.open(segment.file, OpenMode::kWrite));
  std::vector<std::string> names;
  for (const ByteRange& range : damage) {
    const std::uint64_t offset = range.position - segment.name.position;
    CRAWLSPOOL_TRY_AS(auto name, kept.keep(*file, offset, range.bytes, original_name(range.position)));
    names.push_back(std::move(name));
    CRAWLSPOOL_TRY(blank_range(*file, offset, range.bytes));
  }
  CRAWLSPOOL_TRY(file->sync());
  return names;
}

std::uint64_t overlap(const ByteRange& range, const Block& block) {
  const Position begin = std::max(range.position, block.position);
  const Position end = std::min(range.position + range.bytes, block.position + block.bytes);
  return end > begin ? end - begin : 0;
}

std::vector<std::size_t> blocks_to_remake(const CompressedCheck& check, const Damage& damage) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < check.blocks.size(); ++i) {
    const bool is_unsound = std::binary_search(check.unsound.begin(), check.unsound.end(), i);
    const auto holds = [&](const ByteRange& range) { return overlap(range, check.blocks[i]) > 0; };
    if (is_unsound || std::any_of(damage.begin(), damage.end(), holds)) found.push_back(i);
  }
  return found;
}

Result<std::vector<std::string>> remake_compressed_segment(Directory& directory, Position position,
                                                           const CompressedCheck& check, const Damage& damage,
                                                           KeptOriginals& kept) {
  return Remake(directory, position, check, damage).run(kept);
}

Result<void> remake_index(Directory& directory, const CompressedCheck& check) {
  return replace_file(directory, index_file_name(check.blocks.front().position), render_index(check.blocks));
}

}  // namespace crawlspool::spool
