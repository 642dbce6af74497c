#include "clients/cpp/frames_in_flight.h"

#include <algorithm>

namespace crawlspool::client {

bool FramesInFlight::acknowledge(std::uint64_t seq, std::uint64_t written) {
  while (!frames_.empty() && frames_.front().last_seq <= seq && frames_.front().end <= written) {
    const bool is_last = frames_.front().last_seq == seq;
    frames_.pop_front();
    if (is_last) return true;
  }
  return !frames_.empty() && frames_.front().first_seq <= seq && seq <= frames_.front().last_seq &&
         frames_.front().end <= written;
}

std::optional<FramesInFlight::Frame> FramesInFlight::find(std::uint64_t seq) const {
  const auto behind = std::upper_bound(frames_.begin(), frames_.end(), seq,
                                       [](std::uint64_t value, const Frame& frame) { return value < frame.first_seq; });
  if (behind == frames_.begin() || std::prev(behind)->last_seq < seq) return std::nullopt;
  return *std::prev(behind);
}

}  // namespace crawlspool::client
