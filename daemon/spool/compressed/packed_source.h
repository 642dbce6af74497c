// The content of a packed segment as bytes that can be read at any offset. Holds one decoded frame: reading on decodes
// each frame once, reading elsewhere only the frame that is needed. Where a frame is damaged, what can be decoded
// before the damage is served, then NUL bytes, then one line end: one damaged line of the right length, behind which
// the next frame begins as a line does. Used by one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "daemon/spool/compressed/frame_decoder.h"
#include "daemon/spool/compressed/segment_index.h"
#include "daemon/spool/storage/file_system.h"

namespace crawlspool::spool {

class PackedSource final : public ByteSource {
 public:
  // `frames` are those of `file`, by make_frame_table() or as they were written.
  PackedSource(std::unique_ptr<File> file, Frames frames)
      : file_(std::move(file)), decoder_(*file_), frames_(std::move(frames)) {}

  // The segment that begins at `begin`; `expected_bytes` long by the next one's name.
  [[nodiscard]] static base::Result<std::unique_ptr<PackedSource>> open(Directory& directory, Position begin,
                                                                        std::optional<std::uint64_t> expected_bytes);

  [[nodiscard]] base::Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override;
  [[nodiscard]] base::Result<std::uint64_t> size() override { return content_bytes(frames_); }

  [[nodiscard]] const Frames& frames() const { return frames_; }
  // Whether a frame that was read was damaged.
  [[nodiscard]] bool has_met_damage() const { return has_met_damage_; }

 private:
  [[nodiscard]] base::Result<void> load(const Frame& frame);
  void copy(const Frame& frame, std::uint64_t offset, std::span<char> into) const;

  std::unique_ptr<File> file_;
  FrameDecoder decoder_;
  Frames frames_;
  const Frame* loaded_ = nullptr;
  std::string content_;  // of the loaded frame, as far as it could be decoded
  bool is_sound_ = false;
  bool has_met_damage_ = false;
};

}  // namespace crawlspool::spool
