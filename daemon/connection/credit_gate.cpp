#include "daemon/connection/credit_gate.h"

#include <algorithm>

#include "daemon/base/log.h"

namespace crawlspool::connection {

// What a connection makes within its own allowance is nobody else's affair.
bool CreditGate::charge_turn(std::size_t held_wire_bytes, std::int64_t now_ms) {
  credit_.made(budget_.made_bytes());
  const std::uint64_t beyond = credit_.take_overdraft(held_wire_bytes);
  if (beyond == 0) return false;
  wait(ledger_.overdraw(peer_.machine, beyond, now_ms), now_ms);
  return true;
}

bool CreditGate::must_wait(std::int64_t now_ms) {
  if (until_ms_ != 0 && now_ms >= until_ms_) wait(ledger_.wait_ms(peer_.machine, now_ms), now_ms);
  return until_ms_ != 0;
}

bool CreditGate::must_wait_before_making(const intake::BatchIntake& batch, const spool::Origin& origin,
                                         std::int64_t now_ms) {
  return batch.is_untouched() &&
         must_wait_before_making(batch.estimated_line_bytes(spool::envelope_bytes_max(origin)), now_ms);
}

bool CreditGate::must_wait_before_making(std::uint64_t bytes, std::int64_t now_ms) {
  if (credit_.covers(budget_.made_bytes() + bytes)) return false;
  wait(ledger_.wait_ms(peer_.machine, now_ms), now_ms);
  return until_ms_ != 0;
}

void CreditGate::wait(std::int64_t wait_ms, std::int64_t now_ms) {
  const bool waited = until_ms_ != 0;
  wait_ms = std::max(wait_ms, this->wait_ms(now_ms));
  until_ms_ = wait_ms == 0 ? 0 : now_ms + wait_ms;
  if (waited || wait_ms == 0) return;
  ledger_.count_limited();
  base::log_warn_limited(
      "amplification",
      {{"conn", id_}, {"peer", peer_.text}, {"bytes", received_bytes_}, {"max", max_}, {"wait_ms", wait_ms}});
}

}  // namespace crawlspool::connection
