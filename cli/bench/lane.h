// Drives one connection of a load: sends requests as far as its window is open, and sees them acknowledged. Where each
// record takes a connection of its own it makes the next one when the last is answered. Never blocks.
//
//   greeting ──► sending and reading acks      (or, a connection a request:  connect, send, read the ack, close, again)
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/bench/budget.h"
#include "cli/bench/readiness.h"
#include "cli/bench/reply_reader.h"
#include "cli/bench/requests.h"
#include "cli/common/channel.h"
#include "daemon/base/clock.h"
#include "daemon/base/endpoint.h"
#include "daemon/base/histogram.h"

namespace crawlspool::bench {

// What the lanes of a load have done since its clock began to run.
struct Tally {
  std::uint64_t acked = 0;
  std::uint64_t record_bytes = 0;  // of what was sent
  std::int64_t last_acked_us = 0;
  base::Histogram latency;
};

class Lane {
 public:
  struct Options {
    base::Endpoint server;
    Transport transport = Transport::kStream;
    AckLevel level = AckLevel::kSynced;
    bool reconnects = false;            // it makes a connection a request, and does not greet
    std::uint64_t outstanding_max = 1;  // in records; a request with more goes alone
    std::optional<cli::TlsPeer> tls = {};
  };
  // The references outlive it. `id` is its own at `readiness`.
  Lane(const Options& options, std::size_t id, const Requests& requests, Readiness& readiness, Tally& tally);

  // Connects and greets; does nothing where it reconnects.
  [[nodiscard]] base::Result<void> open();
  [[nodiscard]] bool is_open() const { return options_.reconnects || (reader_ && reader_->ack_level()); }
  [[nodiscard]] std::optional<AckLevel> ack_level() const { return reader_ ? reader_->ack_level() : std::nullopt; }

  // Sends what it may. `budget` outlives the lane's use.
  [[nodiscard]] base::Result<void> start(Budget& budget);
  // Reads and writes as far as the socket lets it. `buffer` is scratch, of any size above ReplyReader::kPaddingBytes.
  [[nodiscard]] base::Result<void> on_ready(const Readiness::Ready& ready, std::string& buffer);

 private:
  struct Mark {
    std::uint64_t end_seq;  // the number of the last record that was sent then
    std::int64_t sent_us;
  };

  [[nodiscard]] base::Result<void> connect();
  [[nodiscard]] base::Result<void> send_more();
  [[nodiscard]] bool issue();
  [[nodiscard]] base::Result<void> receive(std::string& buffer);
  [[nodiscard]] base::Result<void> acknowledge(std::uint64_t records);
  void watch_for_room(bool wanted);
  [[nodiscard]] tl::unexpected<base::Error> fail(const base::Error& error) const;

  Options options_;
  std::size_t id_;
  const Requests& requests_;
  Readiness& readiness_;
  Tally& tally_;
  Budget* budget_ = nullptr;  // set by start()
  base::SystemClock clock_;

  std::optional<cli::Channel> channel_;
  bool waits_for_room_ = false;
  std::unique_ptr<ReplyReader> reader_;
  std::string greeting_;
  std::string_view pending_;  // what is to be written, within greeting_ or requests_
  std::size_t next_request_ = 0;
  std::uint64_t sent_seq_ = 0;
  std::uint64_t acked_seq_ = 0;
  std::deque<Mark> marks_;
};

}  // namespace crawlspool::bench
