// Cuts a connection's bytes into Redis commands: arrays of bulk strings, as every client of RESP2 and RESP3 sends them,
// and inline commands, a line of words. Resumable at any byte; no I/O; knows no command. Source: PROTOCOL.md, "Redis".
//
//   between commands ──► header ──► bulk ──► … ──► command
//          │                │        │
//          └────────────────┴────────┴──► refused (final)
//
// A command that lies whole in the input is handed out where it lies. One that does not is copied, into memory that
// grows with what has arrived and never with what was claimed. Of a part over `part_bytes_max` one byte more than that
// is kept, so that it shows, and the rest is dropped as it comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/frame_decoder.h"

namespace crawlspool::redis {

struct RespLimits {
  std::uint64_t part_bytes_max;
  std::uint64_t parts_max;          // of one command
  std::uint64_t command_bytes_max;  // all parts together, as they are kept
};

// A command that outlives the input it came in.
class OwnedCommand {
 public:
  // `text` holds the parts end to end; `parts` says how long each is.
  OwnedCommand(std::string text, std::vector<std::string_view> parts);
  OwnedCommand(const OwnedCommand&) = delete;
  OwnedCommand& operator=(const OwnedCommand&) = delete;

  // Padding is readable behind each.
  [[nodiscard]] std::span<const std::string_view> parts() const { return parts_; }
  [[nodiscard]] std::size_t bytes() const { return text_.size(); }
  [[nodiscard]] std::size_t held_bytes() const { return text_.size() + parts_.capacity() * sizeof(std::string_view); }

 private:
  std::string text_;
  std::vector<std::string_view> parts_;
};

class RespDecoder {
 public:
  enum class Step { kCommand, kNeedMore, kRefused };

  static constexpr std::size_t kPaddingBytes = proto::FrameDecoder::kPaddingBytes;
  static constexpr std::uint64_t kClaimedBytesMax = 512 * 1024 * 1024;  // of one part, as in Redis
  static constexpr std::size_t kInlineBytesMax = 64 * 1024;             // as in Redis
  static constexpr std::size_t kHeaderBytesMax = 32;

  explicit RespDecoder(const RespLimits& limits) : limits_(limits) {}

  // Takes bytes off the front of `input`, behind which padding is readable. kCommand: parts() are those of the next
  // command, none for an empty one; call again. kNeedMore: all input is taken. kRefused: see refusal(); nothing behind
  // it is looked at, now or later.
  [[nodiscard]] Step next(std::string_view& input);

  // Valid until the decoder or the input's buffer is touched again. Padding is readable behind each.
  [[nodiscard]] std::span<const std::string_view> parts() const { return parts_; }
  // The command that was handed out, to be kept; without a copy of what the decoder had put together.
  [[nodiscard]] OwnedCommand keep();
  // The command that was handed out is no longer needed: its memory is given back.
  void command_taken();

  // Why, in words behind "Protocol error: ".
  [[nodiscard]] const std::string& refusal() const { return refusal_; }

  // A command has begun and is not whole.
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  // How many bytes the begun part is known to lack; 0 where that is not known.
  [[nodiscard]] std::size_t bytes_needed() const;
  [[nodiscard]] std::size_t received_bytes() const { return received_bytes_; }
  [[nodiscard]] std::size_t held_bytes() const;
  // Drops what has begun; from now on everything is refused.
  void abandon();

 private:
  enum class Awaits { kCommand, kHeader, kBulk, kBulkEnd };

  [[nodiscard]] bool take_in_place(std::string_view& input);
  [[nodiscard]] Step take_pieces(std::string_view& input);
  [[nodiscard]] std::optional<Step> take_line(std::string_view& input);
  [[nodiscard]] std::optional<Step> begin_command(std::string_view line);
  [[nodiscard]] std::optional<Step> begin_part(std::string_view line);
  [[nodiscard]] std::optional<Step> take_inline(std::string_view line);
  void take_bulk(std::string_view& input);
  [[nodiscard]] std::optional<Step> take_bulk_end(std::string_view& input);
  [[nodiscard]] bool add_part(std::string_view bytes);
  [[nodiscard]] Step end_command();
  [[nodiscard]] Step refuse(std::string why);
  [[nodiscard]] Step refuse_size();
  void grow(std::size_t more);

  const RespLimits limits_;
  std::vector<std::string_view> parts_;
  bool is_handed_out_ = false;
  bool is_refused_ = false;
  std::string refusal_;

  // Of a command that did not come in one piece.
  bool has_begun_ = false;
  Awaits awaits_ = Awaits::kCommand;
  std::string line_;                  // a header, or an inline command, that is not whole
  std::string text_;                  // the parts so far, end to end
  std::vector<std::uint32_t> sizes_;  // of the parts so far, as they are kept
  std::uint64_t parts_left_ = 0;
  std::uint64_t claimed_bytes_ = 0;  // of all parts so far, as they are kept
  std::uint64_t bulk_left_ = 0;      // to come of the part under way
  std::uint64_t keep_left_ = 0;      // of that, what is kept
  std::size_t received_bytes_ = 0;
};

}  // namespace crawlspool::redis
