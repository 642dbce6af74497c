// Holds the frames that are to be written to one connection, and counts the bytes that were.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "proto/frame.h"

namespace crawlspool::client {

class OutputBuffer {
 public:
  void append(proto::FrameType type, std::string_view payload) { proto::append_frame(text_, type, payload); }
  [[nodiscard]] std::string& text() { return text_; }  // to append to

  // Returns what is still to be written; it is valid until something is appended or written.
  [[nodiscard]] std::string_view unwritten() const { return std::string_view(text_).substr(begin_); }
  void wrote(std::size_t bytes) {
    written_bytes_ += bytes;
    begin_ += bytes;
    if (begin_ < text_.size()) return;
    text_.clear();
    begin_ = 0;
  }
  // Returns positions on the connection, in bytes from 0: behind what was written, and behind all that was appended.
  [[nodiscard]] std::uint64_t written_bytes() const { return written_bytes_; }
  [[nodiscard]] std::uint64_t end_position() const { return written_bytes_ + unwritten().size(); }

 private:
  std::string text_;  // still to be written from begin_ on
  std::size_t begin_ = 0;
  std::uint64_t written_bytes_ = 0;
};

}  // namespace crawlspool::client
