// Holds the acks that are due once their datagrams are synced, oldest first. Bounded: while it is full nothing is read.
// Source: PROTOCOL.md, "Datagrams".
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "daemon/base/endpoint.h"

namespace crawlspool::datagrams {

// A shorter datagram is not answered: an answer is never longer than what it answers.
inline constexpr std::size_t kAnsweredBytesMin = 64;

// Returns `{"ack":"…"}` with the first 16 hex digits of the datagram's SHA-256.
[[nodiscard]] std::string ack_of(std::string_view datagram);

class AckQueue {
 public:
  static constexpr std::size_t kAcksMax = 1024;

  struct Due {
    std::uint64_t count;  // of the source's records, with which it is due
    base::Endpoint to;
    std::string text;
  };

  void add(Due due) { due_.push_back(std::move(due)); }
  [[nodiscard]] bool is_full() const { return due_.size() >= kAcksMax; }
  [[nodiscard]] bool is_empty() const { return due_.empty(); }
  [[nodiscard]] std::size_t held_bytes() const { return due_.size() * (sizeof(Due) + kTextBytes); }

  // Calls `send(due)` for each that is due with so many records synced, and forgets it.
  template <class Send>
  void take_due(std::uint64_t synced, Send&& send) {
    for (; !due_.empty() && due_.front().count <= synced; due_.pop_front()) send(due_.front());
  }

 private:
  static constexpr std::size_t kTextBytes = 32;

  std::deque<Due> due_;
};

}  // namespace crawlspool::datagrams
