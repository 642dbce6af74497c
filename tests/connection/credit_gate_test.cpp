#include "daemon/connection/credit_gate.h"

#include <gtest/gtest.h>

namespace crawlspool::connection {
namespace {

constexpr std::uint64_t kCredit = AmplificationLedger::kCreditBytesMax;
constexpr std::uint64_t kMax = 200;

class CreditGateTest : public ::testing::Test {
 protected:
  const base::Peer peer{"10.0.0.7:51234", {}, {}};
  // A turn that has made so many bytes.
  bool charge_turn(std::uint64_t made_bytes, std::int64_t now_ms) {
    budget.begin();
    budget.count_line(made_bytes);
    return gate.charge_turn(0, now_ms);
  }
  // Asks in a new turn before so many bytes are made.
  bool must_wait_before_making(std::uint64_t bytes, std::int64_t now_ms) {
    budget.begin();
    return gate.must_wait_before_making(bytes, now_ms);
  }

  AmplificationLedger ledger;
  intake::TurnBudget budget;
  CreditGate gate{7, peer, ledger, budget, kMax};
};

TEST_F(CreditGateTest, WithinItsOwnCreditNothingWaits) {
  gate.received(1000);
  EXPECT_FALSE(must_wait_before_making(1000 * kMax, 1000));
  EXPECT_FALSE(charge_turn(1000 * kMax, 1000));
  EXPECT_FALSE(gate.must_wait(1000));
  EXPECT_EQ(ledger.limited_total(), 0U);
}

TEST_F(CreditGateTest, AWaitThatHasBegunIsNotShortened) {
  EXPECT_TRUE(charge_turn(kCredit + 1024, 1000));  // a little beyond, which is paid back within 2 ms
  const std::int64_t until_ms = gate.until_ms();
  EXPECT_GT(until_ms, 1000);
  EXPECT_TRUE(must_wait_before_making(1, 1010)) << "asked again";
  EXPECT_EQ(gate.until_ms(), until_ms);
  EXPECT_TRUE(charge_turn(1, 1020)) << "the rest of a batch";
  EXPECT_EQ(gate.until_ms(), until_ms);
  EXPECT_TRUE(gate.must_wait(until_ms - 1));
  EXPECT_EQ(ledger.limited_total(), 1U);
  EXPECT_FALSE(gate.must_wait(until_ms));
}

TEST_F(CreditGateTest, AWaitGrowsWithWhatIsMadeMeanwhile) {
  EXPECT_TRUE(charge_turn(kCredit + 1024, 1000));
  const std::int64_t until_ms = gate.until_ms();
  EXPECT_TRUE(charge_turn(kCredit, 1000));
  EXPECT_GT(gate.until_ms(), until_ms);
  EXPECT_EQ(ledger.limited_total(), 1U);
}

}  // namespace
}  // namespace crawlspool::connection
