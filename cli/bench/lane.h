// One connection of a load: sends requests as far as its window is open, and sees them settled. Where each record takes
// a connection of its own it makes the next one when the last is answered. Never blocks.
//
//   greeting ──► sending and settling          (or, a connection a request:  connect, send, settle, close, again)
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "cli/bench/budget.h"
#include "cli/bench/histogram.h"
#include "cli/bench/readiness.h"
#include "cli/bench/reply_reader.h"
#include "cli/bench/requests.h"
#include "daemon/base/clock.h"
#include "daemon/base/endpoint.h"

namespace crawlspool::bench {

// What the lanes of a load have done since its clock began to run.
struct Tally {
  std::uint64_t settled = 0;
  std::uint64_t record_bytes = 0;  // of what was sent
  std::int64_t last_settled_us = 0;
  LatencyHistogram latency;
};

class Lane {
 public:
  struct Options {
    base::Endpoint server;
    Transport transport = Transport::kStream;
    AckLevel level = AckLevel::kSynced;
    bool reconnects = false;            // a connection a request, and no greeting
    std::uint64_t outstanding_max = 1;  // records; a request with more goes alone
  };
  // The references outlive it. `id`: its own at `readiness`.
  Lane(const Options& options, std::size_t id, const Requests& requests, Readiness& readiness, Tally& tally);

  // Connects and greets; nothing where it reconnects.
  [[nodiscard]] base::Result<void> open();
  [[nodiscard]] bool is_open() const { return options_.reconnects || (reader_ && reader_->ack_level()); }
  [[nodiscard]] std::optional<AckLevel> ack_level() const { return reader_ ? reader_->ack_level() : std::nullopt; }

  // Sends what it may. `budget` outlives the lane's use.
  [[nodiscard]] base::Result<void> start(Budget& budget);
  // `buffer` is scratch, of any size above ReplyReader::kPaddingBytes.
  [[nodiscard]] base::Result<void> on_ready(const Readiness::Ready& ready, std::string& buffer);

 private:
  struct Mark {
    std::uint64_t end_seq;  // of the records that were sent then
    std::int64_t sent_us;
  };

  [[nodiscard]] base::Result<void> connect();
  [[nodiscard]] base::Result<void> send_more();
  [[nodiscard]] bool issue();
  [[nodiscard]] base::Result<void> receive(std::string& buffer);
  [[nodiscard]] base::Result<void> settle(std::uint64_t records);
  void watch_for_room(bool wanted);
  [[nodiscard]] tl::unexpected<base::Error> fail(const base::Error& error) const;

  Options options_;
  std::size_t id_;
  const Requests& requests_;
  Readiness& readiness_;
  Tally& tally_;
  Budget* budget_ = nullptr;  // from start() on
  base::SystemClock clock_;

  base::UniqueFd fd_;
  bool waits_for_room_ = false;
  std::unique_ptr<ReplyReader> reader_;
  std::string greeting_;
  std::string_view pending_;  // to be written, of greeting_ or requests_
  std::size_t next_request_ = 0;
  std::uint64_t sent_seq_ = 0;
  std::uint64_t settled_seq_ = 0;
  std::deque<Mark> marks_;
};

}  // namespace crawlspool::bench
