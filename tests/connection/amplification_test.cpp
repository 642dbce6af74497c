#include "daemon/connection/amplification.h"

#include <gtest/gtest.h>

#include <string>

namespace crawlspool::connection {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kCredit = AmplificationLedger::kCreditBytesMax;

base::MachineKey machine(std::size_t number) {
  base::MachineKey key;
  for (std::size_t i = 0; i < 4; ++i) key.bytes[i] = static_cast<unsigned char>(number >> (8 * i));
  return key;
}

TEST(AmplificationCredit, WhatTheWireAllowsIsNotTakenFromTheMachine) {
  AmplificationCredit credit(200);
  credit.received(10'000);
  credit.made(2'000'000);
  EXPECT_EQ(credit.take_overdraft(0), 0U);
  credit.made(1);
  EXPECT_EQ(credit.take_overdraft(0), 1U);
  EXPECT_EQ(credit.take_overdraft(0), 0U);  // it is taken once
}

TEST(AmplificationCredit, WhatIsSavedIsBoundedButForWhatIsStillHeld) {
  AmplificationCredit credit(200);
  credit.received(kMiB);  // allows 200 MiB
  EXPECT_EQ(credit.take_overdraft(kMiB), 0U);
  EXPECT_TRUE(credit.covers(200 * kMiB));
  EXPECT_EQ(credit.take_overdraft(0), 0U);
  EXPECT_TRUE(credit.covers(kCredit));
  EXPECT_FALSE(credit.covers(kCredit + 1));
}

TEST(AmplificationCredit, WithoutALimitNothingIsEverBeyondIt) {
  AmplificationCredit credit(0);
  credit.received(1);
  credit.made(1024 * kMiB);
  EXPECT_EQ(credit.take_overdraft(0), 0U);
  EXPECT_TRUE(credit.covers(1024 * kMiB));
}

TEST(AmplificationLedger, NothingWaitsWhileThereIsCredit) {
  AmplificationLedger ledger;
  EXPECT_EQ(ledger.wait_ms(machine(1), 1000), 0);
  EXPECT_EQ(ledger.overdraw(machine(1), kCredit, 1000), 0);
  EXPECT_EQ(ledger.overdraw(machine(2), kCredit, 1000), 0);
}

TEST(AmplificationLedger, BeyondItsCreditAMachineWaitsUntilThatHasGrownAgain) {
  AmplificationLedger ledger;
  EXPECT_EQ(ledger.overdraw(machine(1), kCredit + 2 * kMiB, 1000), 4096);
  EXPECT_EQ(ledger.wait_ms(machine(1), 2000), 3096);
  EXPECT_EQ(ledger.wait_ms(machine(2), 2000), 0);
  EXPECT_EQ(ledger.wait_ms(machine(1), 3048), 0);
  EXPECT_EQ(ledger.overdraw(machine(1), 1, 3048), 2049);
  EXPECT_EQ(ledger.overdraw(machine(1), kCredit, 1'000'000), 0);
}

TEST(AmplificationLedger, MoreMachinesThanItHoldsShareOneCredit) {
  AmplificationLedger ledger;
  for (std::size_t i = 0; i < AmplificationLedger::kMachinesMax; ++i)
    EXPECT_EQ(ledger.overdraw(machine(i), kMiB, 1000), 0);
  EXPECT_EQ(ledger.overdraw(machine(1'000'000), kCredit, 1000), 0);
  EXPECT_GT(ledger.overdraw(machine(1'000'001), kMiB, 1000), 0);
  EXPECT_EQ(ledger.machines(), AmplificationLedger::kMachinesMax);
  EXPECT_EQ(ledger.overdraw(machine(1'000'001), kMiB, 5000), 0);  // those that owe nothing any more were forgotten
  EXPECT_EQ(ledger.machines(), 1U);
}

}  // namespace
}  // namespace crawlspool::connection
