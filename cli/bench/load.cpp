#include "cli/bench/load.h"

#include <unistd.h>

#include <algorithm>

#include "cli/bench/own_process.h"

namespace crawlspool::bench {
namespace {

using base::ErrorCode;
using base::Result;

constexpr int kTurnMs = 100;
constexpr std::int64_t kProgressEveryUs = 100'000;
constexpr std::int64_t kSilenceUsMax = 30'000'000;
constexpr std::size_t kReceiveBytes = 256 * 1024;

double cpu_seconds() { return process_cpu_seconds(::getpid()).value_or(0); }

}  // namespace

Load::Load(const Lane::Options& options, std::size_t connections, const Requests& requests)
    : options_(options),
      requests_(requests),
      buffer_(kReceiveBytes + ReplyReader::kPaddingBytes, '\0'),
      connections_(connections) {}

Result<void> Load::open() {
  CRAWLSPOOL_TRY_AS(readiness_, Readiness::open());
  for (std::size_t id = 0; id < connections_; ++id) {
    lanes_.push_back(std::make_unique<Lane>(options_, id, requests_, *readiness_, tally_));
    if (auto opened = lanes_.back()->open(); !opened) return opened;
  }
  const std::int64_t deadline = clock_.monotonic_us() + kSilenceUsMax;
  while (!std::all_of(lanes_.begin(), lanes_.end(), [](const auto& lane) { return lane->is_open(); })) {
    if (clock_.monotonic_us() > deadline)
      return base::fail(ErrorCode::kIo, options_.server.to_string() + " does not answer");
    if (auto turned = turn(); !turned) return turned;
  }
  return {};
}

AckLevel Load::ack_level() const { return lanes_.front()->ack_level().value_or(options_.level); }

Result<void> Load::turn() {
  for (const Readiness::Ready& ready : readiness_->wait(kTurnMs))
    if (auto done = lanes_[ready.id]->on_ready(ready, buffer_); !done) return done;
  return {};
}

Result<LoadFigures> Load::run(const Goal& goal, const OnProgress& on_progress) {
  const double cpu_before = cpu_seconds();
  const std::int64_t start = clock_.monotonic_us();
  Budget budget(goal, start);
  tally_.last_acked_us = start;
  CRAWLSPOOL_TRY(send_all(budget, on_progress));
  return LoadFigures{tally_.acked, tally_.record_bytes, static_cast<double>(tally_.last_acked_us - start) / 1e6,
                     cpu_seconds() - cpu_before, std::move(tally_.latency)};
}

Result<void> Load::send_all(Budget& budget, const OnProgress& on_progress) {
  for (const auto& lane : lanes_)
    if (auto started = lane->start(budget); !started) return started;
  std::int64_t now = clock_.monotonic_us();
  std::int64_t next_progress = now;
  while (budget.left(now) > 0 || tally_.acked < budget.sent_records()) {
    if (now >= next_progress) {
      next_progress = now + kProgressEveryUs;
      if (!on_progress(budget.share(now), tally_.acked)) return base::fail(ErrorCode::kIo, "interrupted");
    }
    if (now - tally_.last_acked_us > kSilenceUsMax)
      return base::fail(ErrorCode::kIo, "no ack from " + options_.server.to_string() + " for 30 s");
    if (auto turned = turn(); !turned) return turned;
    now = clock_.monotonic_us();
  }
  return {};
}

}  // namespace crawlspool::bench
