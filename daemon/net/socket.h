// A connected socket on a loop's thread: reads when asked, queues what cannot be written at once, and ends in order
// (shut the sending side, discard what still comes, so that the last words are not lost to a reset).
// Knows bytes only. Every deadline is its owner's.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "daemon/base/error.h"
#include "daemon/base/unique_fd.h"
#include "daemon/net/loop.h"
#include "daemon/net/poll.h"

namespace crawlspool::net {

// Of one read(): bytes are there, or `end` says why not.
struct ReadResult {
  enum class End { kNone, kAgain, kEof, kBroken };
  std::size_t bytes = 0;
  End end = End::kNone;
};

class Socket {
 public:
  // Takes over a connected descriptor: non-blocking, without Nagle's delay, with keepalive.
  [[nodiscard]] static base::Result<Socket> open(Loop& loop, base::UniqueFd fd, PollHandler& handler);

  [[nodiscard]] ReadResult read(std::span<char> into);

  // Appends to what is to be sent; flush() sends.
  [[nodiscard]] std::string& output() { return output_; }
  // Writes what the socket takes now and watches for the rest. False if the connection is broken.
  [[nodiscard]] bool flush();
  void drop_output();
  [[nodiscard]] std::size_t unsent_bytes() const { return output_.size() - sent_; }

  // Whether on_ready() is told of input; a hangup is told of as long as it was not seen.
  void want_input(bool wanted);
  void hangup_seen();

  void shut_sending_side();

  [[nodiscard]] std::size_t held_bytes() const { return output_.capacity(); }

 private:
  Socket(base::UniqueFd fd, Poll poll) : fd_(std::move(fd)), poll_(std::move(poll)) {}

  void rearm();

  base::UniqueFd fd_;  // closed after poll_ is gone: members die in reverse order
  Poll poll_;
  std::string output_;
  std::size_t sent_ = 0;  // bytes at the front of output_ that the kernel has
  bool input_wanted_ = false;
  bool hangup_seen_ = false;
};

}  // namespace crawlspool::net
