#include "daemon/connection/memory_shares.h"

#include <gtest/gtest.h>

#include <optional>

namespace crawlspool::connection {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::size_t kLong = MemoryShares::kShortBytesMax + 1;

base::MachineKey machine(unsigned char number) {
  base::MachineKey key;
  key.bytes.back() = number;
  return key;
}

// 64 MiB, of which frames begin in 48; a machine holds little up to 1 MiB.
class MemorySharesTest : public testing::Test {
 protected:
  MemorySharesTest() : budget(64 * kMiB, 16 * kMiB), account(budget), shares(budget, account) {}

  commit::MemoryBudget budget;
  commit::MemoryAccount account;
  MemoryShares shares;
};

// A connection that has charged something.
struct Holder {
  Holder(MemoryShares& shares, base::ConnectionId id, const base::MachineKey& key) : member(shares, id, key) {}
  ~Holder() { member.adjust(charged, 0); }
  Holder(const Holder&) = delete;
  Holder& operator=(const Holder&) = delete;

  void hold(std::uint64_t bytes) { member.adjust(charged, bytes); }

  MemoryShares::Member member;
  std::uint64_t charged = 0;
};

TEST_F(MemorySharesTest, AMachineBeginsWhileItHoldsNoMoreThanItLeavesFree) {
  Holder one(shares, 1, machine(1));
  Holder two(shares, 2, machine(1));
  one.hold(12 * kMiB);
  two.hold(11 * kMiB);
  EXPECT_TRUE(one.member.may_begin());
  two.hold(13 * kMiB);
  EXPECT_FALSE(one.member.may_begin() || two.member.may_begin());
}

TEST_F(MemorySharesTest, TwoMachinesLeaveAThirdFree) {
  Holder one(shares, 1, machine(1));
  Holder two(shares, 2, machine(2));
  one.hold(15 * kMiB);
  two.hold(15 * kMiB);
  EXPECT_TRUE(one.member.may_begin() && two.member.may_begin());
  two.hold(18 * kMiB);
  EXPECT_FALSE(one.member.may_begin() || two.member.may_begin());
}

TEST_F(MemorySharesTest, WhoHoldsLittleBeginsAndGoesOnUntilAllIsUsedUp) {
  Holder much(shares, 1, machine(1));
  Holder little(shares, 2, machine(2));
  much.hold(62 * kMiB);
  little.hold(kMiB);
  EXPECT_TRUE(little.member.holds_little());
  EXPECT_TRUE(little.member.may_begin() && little.member.may_continue());
  EXPECT_FALSE(little.member.has_place());
  much.hold(63 * kMiB);
  EXPECT_FALSE(little.member.may_begin() || little.member.may_continue());
}

TEST_F(MemorySharesTest, FreeMemoryThatIsNotGivenBackYetIsNoReasonForTheSmallToWait) {
  Holder much(shares, 1, machine(1));
  Holder little(shares, 2, machine(2));
  much.hold(50 * kMiB);
  budget.note_resident(200 * kMiB);
  EXPECT_FALSE(budget.may_continue());
  EXPECT_TRUE(little.member.may_begin() && little.member.may_continue());
  EXPECT_FALSE(much.member.may_continue());
}

TEST_F(MemorySharesTest, BeyondItsShareAMachineGoesOnOneConnectionAtATime) {
  Holder first(shares, 1, machine(1));
  Holder second(shares, 2, machine(1));
  first.hold(20 * kMiB);
  second.hold(20 * kMiB);
  EXPECT_TRUE(first.member.may_continue());
  EXPECT_FALSE(second.member.may_continue());
  EXPECT_TRUE(first.member.may_continue());  // still
  EXPECT_TRUE(first.member.leave_place());   // the second has waited
  EXPECT_TRUE(second.member.may_continue());
  EXPECT_FALSE(first.member.may_continue());
}

TEST_F(MemorySharesTest, BeyondItsShareAMachineLeavesASixteenthOfTheLimit) {
  Holder one(shares, 1, machine(1));
  one.hold(60 * kMiB - 128 * kKiB);
  EXPECT_TRUE(one.member.may_continue());
  one.hold(60 * kMiB);
  EXPECT_FALSE(one.member.may_continue());
}

TEST_F(MemorySharesTest, WithinItsShareEachConnectionGoesOn) {
  Holder first(shares, 1, machine(1));
  Holder second(shares, 2, machine(1));
  first.hold(10 * kMiB);
  second.hold(10 * kMiB);
  EXPECT_TRUE(first.member.may_continue() && second.member.may_continue());
  EXPECT_FALSE(first.member.has_place() || second.member.has_place());
}

TEST_F(MemorySharesTest, OfOneMachineLongBatchesAreTakenInOneAfterAnother) {
  Holder first(shares, 1, machine(1));
  Holder second(shares, 2, machine(1));
  Holder other(shares, 3, machine(2));
  EXPECT_TRUE(first.member.may_take_in(kLong));
  EXPECT_FALSE(second.member.may_take_in(kLong));
  EXPECT_TRUE(second.member.may_take_in(kLong - 1));
  EXPECT_TRUE(other.member.may_take_in(kLong));
  EXPECT_TRUE(first.member.leave_place());
  EXPECT_TRUE(second.member.may_take_in(kLong));
  EXPECT_FALSE(first.member.leave_place());  // has none any more
}

TEST_F(MemorySharesTest, BeyondItsShareALongBatchWaitsForAnswersToBeReadAndForNothingElse) {
  Holder one(shares, 1, machine(1));
  one.hold(30 * kMiB);
  EXPECT_TRUE(one.member.may_take_in(kLong));
  std::uint64_t answers = 0;
  one.member.adjust_answers(answers, 2 * kMiB);
  EXPECT_FALSE(one.member.may_take_in(kLong));
  EXPECT_TRUE(one.member.is_in_the_way() && one.member.has_place());
  EXPECT_TRUE(one.member.may_take_in(kLong - 1));
  one.member.adjust_answers(answers, kMiB);
  EXPECT_TRUE(one.member.may_take_in(kLong));
  one.member.adjust_answers(answers, 0);
}

TEST_F(MemorySharesTest, AConnectionThatEndsGivesItsPlaceUp) {
  std::optional<Holder> first(std::in_place, shares, 1, machine(1));
  Holder second(shares, 2, machine(1));
  EXPECT_TRUE(first->member.may_take_in(kLong));
  first.reset();
  EXPECT_TRUE(second.member.may_take_in(kLong));
}

TEST_F(MemorySharesTest, OneIsInTheWayWhileOthersOfItsMachineHaveLatelyHadToWait) {
  Holder first(shares, 1, machine(1));
  Holder second(shares, 2, machine(1));
  Holder other(shares, 3, machine(2));
  EXPECT_FALSE(shares.is_anyone_in_the_way() || first.member.is_in_the_way());
  EXPECT_TRUE(first.member.may_take_in(kLong));
  EXPECT_FALSE(first.member.is_in_the_way());
  EXPECT_FALSE(second.member.may_take_in(kLong));
  EXPECT_TRUE(shares.is_anyone_in_the_way() && first.member.is_in_the_way());
  EXPECT_FALSE(other.member.is_in_the_way());
  shares.tick();
  EXPECT_TRUE(first.member.is_in_the_way());
  shares.tick();
  EXPECT_FALSE(shares.is_anyone_in_the_way() || first.member.is_in_the_way());
}

TEST_F(MemorySharesTest, KnowsTheMachinesOfOpenConnectionsOnly) {
  {
    const Holder one(shares, 1, machine(1));
    const Holder two(shares, 2, machine(1));
    const Holder three(shares, 3, machine(2));
    EXPECT_EQ(shares.machines(), 2U);
  }
  EXPECT_EQ(shares.machines(), 0U);
}

}  // namespace
}  // namespace crawlspool::connection
