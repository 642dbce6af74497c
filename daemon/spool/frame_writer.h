// Writes the content of a plain segment into a packed file, frame by frame. A frame holds at least frame_bytes_min of
// content, if there is as much, and ends where a line does; only a stretch that is too long for a line is divided.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "daemon/spool/file_system.h"
#include "daemon/spool/frame_encoder.h"
#include "daemon/spool/segment_index.h"

namespace crawlspool::spool {

struct PackOptions {
  int level = 3;  // zstd's
  std::uint64_t frame_bytes_min = 8ULL * 1024 * 1024;
  // The copy is synced in steps: one large sync would hold up those that acks wait for.
  std::uint64_t sync_every_bytes = 4ULL * 1024 * 1024;
  std::function<bool()> stop = {};  // asked every few milliseconds of work; true ends it. Empty: never
};

class FrameWriter {
 public:
  // All references outlive the writer. `file` is empty; it is synced now and then, but not at the end.
  FrameWriter(ByteSource& content, Position begin, File& file, const PackOptions& options)
      : content_(content), begin_(begin), file_(file), options_(options), encoder_(options.level) {}

  // ECANCELED where `stop` said so. Empty content is one empty frame.
  [[nodiscard]] base::Result<Frames> write_all();

 private:
  [[nodiscard]] base::Result<std::uint64_t> find_frame_end(std::uint64_t begin, std::uint64_t size);
  [[nodiscard]] base::Result<Frame> write_frame(std::uint64_t begin, std::uint64_t end);
  [[nodiscard]] base::Result<std::string_view> read_block(std::uint64_t begin, std::uint64_t end);
  [[nodiscard]] base::Result<void> write_out(std::string& packed);

  ByteSource& content_;
  Position begin_;
  File& file_;
  const PackOptions& options_;
  FrameEncoder encoder_;
  std::string block_;
  std::uint64_t written_ = 0;
  std::uint64_t synced_ = 0;
};

}  // namespace crawlspool::spool
