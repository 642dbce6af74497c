// Remembers the frames of records that went out on one connection and are not acknowledged, to find out what an ack may
// cover and which frame an error blames. Positions are bytes of what the connection carries, from 0. Does no I/O.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "proto/frame.h"

namespace crawlspool::client {

class FramesInFlight {
 public:
  struct Frame {
    proto::FrameType type;
    std::uint64_t first_seq;
    std::uint64_t last_seq;
    std::uint64_t end;  // the position behind it
  };

  void add(const Frame& frame) { frames_.push_back(frame); }
  // Everything up to record `seq` is acknowledged. Returns false if that was not sent whole, as only `written` bytes
  // were.
  [[nodiscard]] bool acknowledge(std::uint64_t seq, std::uint64_t written);
  // Returns the one with record `seq`.
  [[nodiscard]] std::optional<Frame> find(std::uint64_t seq) const;
  void clear() { frames_.clear(); }

 private:
  std::deque<Frame> frames_;
};

}  // namespace crawlspool::client
