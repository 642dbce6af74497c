#include "daemon/intake/reject_allowance.h"

#include <gtest/gtest.h>

namespace crawlspool::intake {
namespace {

constexpr std::int64_t kSecondUs = 1'000'000;

base::MachineKey machine(unsigned number) {
  base::MachineKey key;
  for (unsigned i = 0; i < 4; ++i) key.bytes.at(i) = static_cast<unsigned char>(number >> (8 * i));
  return key;
}

class RejectAllowanceTest : public ::testing::Test {
 protected:
  // How many of so many at this moment are kept whole.
  int taken(int rejects, const base::MachineKey& machine) {
    int count = 0;
    for (int i = 0; i < rejects; ++i) count += allowance.take(machine, now_us) ? 1 : 0;
    return count;
  }

  RejectAllowance allowance;
  std::int64_t now_us = 77 * kSecondUs;
};

TEST_F(RejectAllowanceTest, ABurstOf1000AndThen100ASecond) {
  EXPECT_EQ(taken(5000, machine(1)), 1000);
  EXPECT_EQ(taken(1, machine(1)), 0);
  now_us += kSecondUs;
  EXPECT_EQ(taken(5000, machine(1)), 100);
  now_us += 1000 * kSecondUs;
  EXPECT_EQ(taken(5000, machine(1)), 1000);
}

TEST_F(RejectAllowanceTest, EachMachineHasItsOwn) {
  EXPECT_EQ(taken(5000, machine(1)), 1000);
  EXPECT_EQ(taken(500, machine(2)), 500);
  EXPECT_EQ(taken(1, machine(1)), 0);
  EXPECT_EQ(taken(5000, machine(2)), 500);
}

TEST_F(RejectAllowanceTest, IsBoundedAndKeepsThoseThatAreUsedUp) {
  constexpr auto kMany = static_cast<unsigned>(RejectAllowance::kMachinesMax);
  EXPECT_EQ(taken(5000, machine(0)), 1000);
  for (unsigned i = 1; i < 2 * kMany; ++i) EXPECT_EQ(taken(1, machine(i)), i < kMany + 1000 ? 1 : 0) << i;
  EXPECT_EQ(allowance.machines(), RejectAllowance::kMachinesMax);
  now_us += kSecondUs;  // those that have sent one have their whole burst again
  EXPECT_EQ(taken(5000, machine(2 * kMany)), 1000);
  EXPECT_EQ(allowance.machines(), 2U);
  EXPECT_EQ(taken(5000, machine(0)), 100);
}

}  // namespace
}  // namespace crawlspool::intake
