#include "daemon/intake/turn_budget.h"

#include <gtest/gtest.h>

namespace crawlspool::intake {
namespace {

TEST(TurnBudget, LinesAndRejectsSpendAFixedCostAndTheirBytes) {
  TurnBudget budget;
  budget.count_line(100);
  EXPECT_EQ(budget.spent(), TurnBudget::kLineCost + 100);
  budget.count_reject(10, 300);
  EXPECT_EQ(budget.spent(), TurnBudget::kLineCost + 100 + TurnBudget::kRejectCost + 310);
  EXPECT_EQ(budget.made_bytes(), 400U);
}

TEST(TurnBudget, WhatMakesNothingForTheSpoolIsSpentAllTheSame) {
  TurnBudget budget;
  budget.count_scanned(TurnBudget::kScannedBytesAUnit * 8, 2);
  budget.count_decoder_start();
  budget.count_decoder_call(1, 0);
  EXPECT_EQ(budget.spent(), 8 + 2 * TurnBudget::kCountedRecordCost + TurnBudget::kDecoderStartCost +
                                TurnBudget::kDecoderCallCost + TurnBudget::kDecoderByteCost);
  EXPECT_EQ(budget.made_bytes(), 0U);
}

TEST(TurnBudget, EmptyDecompressorCallsSpendATurn) {
  TurnBudget budget;
  int calls = 0;
  for (; !budget.is_spent(); ++calls) budget.count_decoder_call(0, 0);
  EXPECT_LE(calls, 4096);
}

TEST(TurnBudget, IsSpentAtItsMostAndBeginsWithNothing) {
  TurnBudget budget;
  budget.begin(TurnBudget::kLineCost + 10);
  EXPECT_FALSE(budget.is_spent());
  budget.count_line(9);
  EXPECT_FALSE(budget.is_spent());
  budget.begin(TurnBudget::kLineCost + 10);
  budget.count_line(10);
  EXPECT_TRUE(budget.is_spent());
  budget.begin();
  EXPECT_EQ(budget.spent(), 0U);
  EXPECT_EQ(budget.made_bytes(), 0U);
  EXPECT_FALSE(budget.is_spent());
}

}  // namespace
}  // namespace crawlspool::intake
