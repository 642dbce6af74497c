// What was taken from the files and is not settled yet, and how it ended for the rest. Holds each record's frame until
// an ack covers it, so that it can go again over a new connection. No I/O.
//
//   add ──► waiting ──► written ──► acked
//                          ├──► rejected, then acked
//                          └──► restart(): waiting again, numbered from 1, without the rejected ones
//
// Numbers are the connection's: the first record on it is 1.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "cli/record_source.h"

namespace crawlspool::cli {

class SendLedger {
 public:
  struct Window {
    std::size_t records_max = 65536;
    std::size_t bytes_max = 32 * 1024 * 1024;  // a larger record goes alone
  };
  SendLedger() = default;
  explicit SendLedger(const Window& window) : window_(window) {}

  [[nodiscard]] bool has_room(std::size_t record_bytes) const;
  void add(const Place& place, std::string_view record);

  // The frames to be written next, in order; valid until the next change.
  [[nodiscard]] std::string_view unwritten() const { return std::string_view(frames_).substr(written_); }
  void wrote(std::size_t bytes) { written_ += bytes; }

  // Every record up to `seq` is settled. False, and nothing is settled beyond what was written, if `seq` was not.
  [[nodiscard]] bool ack(std::uint64_t seq);
  // Record `seq` will not be stored. Its place, or nothing if the number is none under way or was rejected before.
  [[nodiscard]] std::optional<Place> reject(std::uint64_t seq);
  // A record that was never added, as it cannot be sent.
  void reject_unsent();
  // For a new connection.
  void restart();

  [[nodiscard]] std::size_t in_flight() const { return pending_.size(); }
  [[nodiscard]] std::size_t in_flight_bytes() const { return frames_.size() - begin_; }
  [[nodiscard]] std::uint64_t taken() const { return acked_ + rejected_ + unsettled(); }
  [[nodiscard]] std::uint64_t acked() const { return acked_; }  // stored
  [[nodiscard]] std::uint64_t rejected() const { return rejected_; }
  [[nodiscard]] std::uint64_t unsettled() const { return pending_.size() - pending_rejected_; }

 private:
  struct Pending {
    Place place;
    std::uint32_t frame_bytes;
    bool is_rejected;
  };

  void drop_front();

  Window window_;
  std::string frames_;  // of pending_, from begin_ on
  std::size_t begin_ = 0;
  std::size_t written_ = 0;  // frames_ up to here went out on this connection
  std::deque<Pending> pending_;
  std::uint64_t first_seq_ = 1;  // of pending_.front()
  std::uint64_t acked_ = 0;
  std::uint64_t rejected_ = 0;
  std::size_t pending_rejected_ = 0;
};

}  // namespace crawlspool::cli
