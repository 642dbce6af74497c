// Cuts a byte stream into frames; resumable at any byte; no I/O.
//
//   input empty ──► header begun ──► payload begun ──► frame
//        │               │
//        └───────────────┴──► refused (final)
//
// A frame that lies whole in the input is handed out where it lies; only one that does not is copied, into a buffer
// that grows with what has arrived, never with what was claimed, and is given back once the frame was taken.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/codes.h"
#include "proto/frame.h"

namespace crawlspool::proto {

struct FrameLimits {
  std::uint64_t record_bytes_max;
  std::uint64_t batch_bytes_max;
};

struct Frame {
  FrameType type;
  std::string_view payload;  // valid until the decoder or the input's buffer is touched again
};

// Why the decoder stopped for good.
struct Refusal {
  ErrorWord code;
  std::string detail;
  bool has_records;  // the refused frame would have carried some, so that the first one's number can be named
};

class FrameDecoder {
 public:
  enum class Step { kFrame, kNeedMore, kRefused };

  // Readable bytes behind every payload handed out, for SIMD loads. The caller keeps as many behind its input.
  static constexpr std::size_t kPaddingBytes = 64;

  explicit FrameDecoder(const FrameLimits& limits) : limits_(limits) {}

  // Takes bytes off the front of `input`. kFrame: `frame` is set, call again for the next. kNeedMore: all input is
  // taken. kRefused: see refusal(); nothing behind it is looked at, now or later.
  [[nodiscard]] Step next(std::string_view& input, Frame& frame);

  // The frame that was handed out is no longer needed: gives its memory back before the next call to next() would.
  void frame_taken();

  // The payload that was handed out, to be kept: without a copy where the decoder had to put it together. Padding is
  // readable behind it.
  [[nodiscard]] std::string keep_payload(std::string_view payload);

  // Drops what has begun; from now on everything is refused.
  void abandon();

  [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  // A frame has begun and is not whole.
  [[nodiscard]] bool mid_frame() const { return header_bytes_ > 0; }
  // How many more bytes the begun frame is known to need: up to its header's end, then up to its payload's.
  [[nodiscard]] std::size_t bytes_needed() const;
  // The begun frame's claimed payload length; 0 while its header is not whole.
  [[nodiscard]] std::size_t claimed_bytes() const { return header_bytes_ == kFrameHeaderBytes ? header_.length : 0; }
  // The begun frame's header is whole and says that it carries records.
  [[nodiscard]] bool begun_records() const {
    return header_bytes_ == kFrameHeaderBytes && carries_records(header_.type);
  }
  // The connection's first frame is not whole yet.
  [[nodiscard]] bool at_first_frame() const { return !any_whole_frame_; }
  // Memory held for the begun frame.
  [[nodiscard]] std::size_t held_bytes() const { return partial_.size(); }
  // Of the begun frame's payload.
  [[nodiscard]] std::size_t received_bytes() const { return partial_.size(); }

 private:
  [[nodiscard]] bool take_header(std::string_view& input);
  [[nodiscard]] bool header_is_legal(std::string_view behind);
  void take_partial(std::string_view& input);
  void refuse(ErrorWord code, std::string detail, bool has_records);

  FrameLimits limits_;
  std::array<char, kFrameHeaderBytes> header_text_{};
  std::size_t header_bytes_ = 0;  // of the frame under way
  FrameHeader header_{};
  std::string partial_;           // the payload so far, if it did not come in one piece
  bool frame_out_ = false;        // the last step handed a frame out; its memory goes at the next
  bool any_frame_ = false;        // the connection's first header has passed
  bool any_whole_frame_ = false;  // and its first payload
  bool refused_ = false;
  Refusal refusal_{};
};

}  // namespace crawlspool::proto
