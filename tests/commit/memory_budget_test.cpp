#include "daemon/commit/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace crawlspool::commit {
namespace {

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kCredit = 64 * kKiB;

TEST(MemoryBudget, FramesBeginBelowTheReserveAndEndBelowTheLimit) {
  MemoryBudget budget(8 * kMiB, kMiB);  // reserve: a quarter, 2 MiB
  MemoryAccount account(budget);
  EXPECT_TRUE(budget.may_begin() && budget.may_continue() && budget.is_under_half());
  account.charge(4 * kMiB - kCredit);
  EXPECT_EQ(budget.used(), 4 * kMiB);
  EXPECT_FALSE(budget.is_under_half());
  EXPECT_TRUE(budget.may_begin());
  account.charge(2 * kMiB);
  EXPECT_EQ(budget.used(), 6 * kMiB);
  EXPECT_FALSE(budget.may_begin());
  EXPECT_TRUE(budget.may_continue());
  account.charge(2 * kMiB);
  EXPECT_FALSE(budget.may_continue());
  account.release(8 * kMiB - kCredit);
  EXPECT_TRUE(budget.may_begin() && budget.is_under_half());
}

TEST(MemoryBudget, AnotherLimitCountsAtOnceForWhatIsHeldAlready) {
  MemoryBudget budget(8 * kMiB, kMiB);
  MemoryAccount account(budget);
  account.charge(4 * kMiB);
  budget.set_limit(4 * kMiB, kMiB);
  EXPECT_FALSE(budget.may_begin() || budget.may_continue() || budget.is_under_half());
  budget.set_limit(16 * kMiB, 12 * kMiB);
  EXPECT_TRUE(budget.may_continue() && budget.is_under_half());
  EXPECT_FALSE(budget.may_begin());  // the reserve holds a whole frame
}

TEST(MemoryBudget, TheReserveHoldsAWholeFrame) {
  MemoryBudget budget(8 * kMiB, 4 * kMiB);
  MemoryAccount account(budget);
  account.charge(4 * kMiB - 2 * kCredit);
  EXPECT_TRUE(budget.may_begin());
  account.charge(kCredit + 1);
  EXPECT_FALSE(budget.may_begin());
}

TEST(MemoryBudget, WhatIsResidentBeyondTheAccountsCountsAboveWhatTheProcessAlwaysMay) {
  constexpr std::int64_t kFree = MemoryBudget::kUnaccountedBytesMax;
  MemoryBudget budget(64 * kMiB, 32 * kMiB);
  MemoryAccount account(budget);
  account.charge(16 * kMiB - kCredit);
  const auto note = [&](std::int64_t bytes) { budget.note_resident(static_cast<std::uint64_t>(bytes)); };
  note(16 * kMiB + kFree);
  EXPECT_EQ(budget.unaccounted(), kFree);
  EXPECT_EQ(budget.used(), 16 * kMiB);
  note(26 * kMiB + kFree);
  EXPECT_EQ(budget.used(), 26 * kMiB);
  EXPECT_EQ(budget.accounted(), 16 * kMiB);
  note(8 * kMiB);  // room that was charged and is not touched
  EXPECT_EQ(budget.unaccounted(), 0);
  EXPECT_EQ(budget.used(), 16 * kMiB);
}

TEST(MemoryBudget, HoweverMuchIsResidentThreeQuartersOfTheLimitAreLeftToMove) {
  MemoryBudget budget(64 * kMiB, 32 * kMiB);
  budget.note_resident(1024 * kMiB);
  EXPECT_EQ(budget.used(), 16 * kMiB);
  EXPECT_TRUE(budget.may_begin() && budget.is_under_half());
}

TEST(MemoryAccount, DrawsCreditsInStepsAndAtLeastWhatIsUsed) {
  MemoryBudget budget(1 << 30, 1 << 20);
  MemoryAccount account(budget);
  std::int64_t used = 0;
  std::int64_t drawn = 0;
  int changes = 0;
  for (int i = 0; i < 100'000; ++i) {
    account.charge(100);
    used += 100;
    ASSERT_GE(budget.used(), used);
    ASSERT_LE(budget.used(), used + 2 * kCredit);
    changes += budget.used() != drawn ? 1 : 0;
    drawn = budget.used();
  }
  EXPECT_LE(changes, used / kCredit + 1);  // not record by record
  for (int i = 0; i < 100'000; ++i) {
    account.release(100);
    used -= 100;
    ASSERT_GE(budget.used(), used);
    ASSERT_LE(budget.used(), used + 2 * kCredit);
  }
  EXPECT_LE(budget.used(), 2 * kCredit);
}

TEST(MemoryAccount, ASwingAroundAStepDoesNotTouchTheBudget) {
  MemoryBudget budget(1 << 30, 1 << 20);
  MemoryAccount account(budget);
  account.charge(10 * kCredit);
  const std::int64_t drawn = budget.used();
  for (int i = 0; i < 10; ++i) {
    account.release(kCredit / 2);
    account.charge(kCredit / 2);
    EXPECT_EQ(budget.used(), drawn);
  }
}

TEST(MemoryAccount, ALargeReleaseIsGivenBackAtOnce) {
  MemoryBudget budget(1 << 30, 1 << 20);
  MemoryAccount account(budget);
  account.charge(100 * kMiB);
  account.release(100 * kMiB);
  EXPECT_EQ(budget.used(), 0);
}

TEST(MemoryAccount, SharesOneBudgetAndLeavesNothingBehind) {
  MemoryBudget budget(1 << 30, 1 << 20);
  std::vector<std::thread> loops;
  loops.reserve(4);
  for (int n = 0; n < 4; ++n) {
    loops.emplace_back([&budget] {
      MemoryAccount account(budget);
      for (std::uint64_t i = 0; i < 10'000; ++i) {
        account.charge(1000 + i);
        if (i % 3 != 0) account.release(1000 + i);
      }
    });
  }
  for (std::thread& loop : loops) loop.join();
  EXPECT_EQ(budget.used(), 0);
}

TEST(MemoryBudget, WhileFramesMayBeginAnyMayDecompressThenOneAtATime) {
  MemoryBudget budget(8 * kMiB, kMiB);
  EXPECT_TRUE(budget.may_decompress(1));
  EXPECT_TRUE(budget.may_decompress(2));
  MemoryAccount account(budget);
  account.charge(8 * kMiB);
  EXPECT_TRUE(budget.may_decompress(1));
  EXPECT_FALSE(budget.may_decompress(2));
  EXPECT_TRUE(budget.may_decompress(1));
  EXPECT_FALSE(budget.done_decompressing(2));
  EXPECT_FALSE(budget.may_decompress(2));
  EXPECT_TRUE(budget.done_decompressing(1));
  EXPECT_FALSE(budget.done_decompressing(1));
  EXPECT_TRUE(budget.may_decompress(2));
}

}  // namespace
}  // namespace crawlspool::commit
