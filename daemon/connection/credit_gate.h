// Whether a source waits because more was made of what it sent than limits.amplification_max allows. Owns its credit
// and counts what it has received; what it makes beyond is its machine's, in the ledger. On its loop's thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "daemon/base/connection_id.h"
#include "daemon/base/endpoint.h"
#include "daemon/connection/amplification.h"
#include "daemon/intake/batch_intake.h"
#include "daemon/intake/turn_budget.h"
#include "daemon/spool/lines/line.h"

namespace crawlspool::connection {

class CreditGate {
 public:
  // `peer`, `ledger` and `budget` outlive it; the budget is that of the turn under way. `amplification_max` of 0: no
  // limit.
  CreditGate(base::ConnectionId id, const base::Peer& peer, AmplificationLedger& ledger,
             const intake::TurnBudget& budget, std::uint64_t amplification_max)
      : id_(id), peer_(peer), ledger_(ledger), budget_(budget), max_(amplification_max), credit_(amplification_max) {}

  void received(std::size_t wire_bytes) {
    received_bytes_ += wire_bytes;
    credit_.received(wire_bytes);
  }
  [[nodiscard]] std::uint64_t received_bytes() const { return received_bytes_; }

  // Called once a turn, with what it has made for the spool in the budget; `held_wire_bytes` are not taken in yet.
  // Returns true if more was made than the credit allowed.
  [[nodiscard]] bool charge_turn(std::size_t held_wire_bytes, std::int64_t now_ms);

  // Nothing more is taken for now. Others of the machine may have overdrawn its credit meanwhile.
  [[nodiscard]] bool must_wait(std::int64_t now_ms);
  // The same, asked before something becomes about so many bytes for the spool.
  [[nodiscard]] bool must_wait_before_making(std::uint64_t bytes, std::int64_t now_ms);
  // The same, asked before `batch` is decompressed, which becomes lines from this origin. False once some of it is.
  [[nodiscard]] bool must_wait_before_making(const intake::BatchIntake& batch, const spool::Origin& origin,
                                             std::int64_t now_ms);
  [[nodiscard]] std::int64_t wait_ms(std::int64_t now_ms) const {
    return std::max<std::int64_t>(0, until_ms_ - now_ms);
  }
  [[nodiscard]] std::int64_t until_ms() const { return until_ms_; }  // 0: it does not wait

 private:
  // Waits for so long, or for as long as a wait under way: less would end it before the credit has grown.
  void wait(std::int64_t wait_ms, std::int64_t now_ms);

  const base::ConnectionId id_;
  const base::Peer& peer_;
  AmplificationLedger& ledger_;
  const intake::TurnBudget& budget_;
  const std::uint64_t max_;
  AmplificationCredit credit_;
  std::uint64_t received_bytes_ = 0;
  std::int64_t until_ms_ = 0;
};

}  // namespace crawlspool::connection
