// A text that may become large, as a row of pieces: it grows without a copy of what is there, and is handed over piece
// by piece, so that it is never in memory twice. Owns its pieces.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace crawlspool::http {

class TextPieces {
 public:
  void append(std::string_view part) {
    if (pieces_.empty() || pieces_.back().capacity() - pieces_.back().size() < part.size()) add_piece(part.size());
    pieces_.back() += part;
    size_ += part.size();
  }

  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t held_bytes() const { return held_bytes_; }

  // Appends all of it to `out` and gives up each piece once it is there.
  void move_to(std::string& out) {
    for (std::string& piece : pieces_) {
      out += piece;
      std::string().swap(piece);
    }
    *this = {};
  }

 private:
  static constexpr std::size_t kFirstPieceBytes = 1024;
  static constexpr std::size_t kPieceBytesMax = 64 * 1024;

  // Larger with the text, so that many short ones take little.
  void add_piece(std::size_t bytes) {
    pieces_.emplace_back().reserve(std::max(bytes, std::clamp(held_bytes_, kFirstPieceBytes, kPieceBytesMax)));
    held_bytes_ += pieces_.back().capacity();
  }

  std::vector<std::string> pieces_;
  std::size_t size_ = 0;
  std::size_t held_bytes_ = 0;
};

}  // namespace crawlspool::http
