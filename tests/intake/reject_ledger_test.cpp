#include "daemon/intake/reject_ledger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace crawlspool::intake {
namespace {

NotedReject reject(std::string_view client, std::int64_t wall_us, std::string_view detail = "why") {
  NotedReject one;
  one.client = client;
  one.wall_us = wall_us;
  one.detail = detail;
  return one;
}

TEST(RejectLedger, RejectsOfOneKindAreARowWithTheNewestInFull) {
  RejectLedger ledger;
  ledger.note(reject("a", 10, "first"));
  ledger.note(reject("a", 20, "second"));
  const auto rows = ledger.since(0);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].count, 2U);
  EXPECT_EQ(rows[0].first_us, 10);
  EXPECT_EQ(rows[0].last_us, 20);
  EXPECT_EQ(rows[0].detail, "second");
}

TEST(RejectLedger, AnotherClientStreamAddressOrCodeIsAnotherRow) {
  RejectLedger ledger;
  NotedReject row = reject("a", 1);
  ledger.note(row);
  row.code = proto::RejectCode::kTooDeep;
  ledger.note(row);
  row.stream = "s";
  ledger.note(row);
  row.address = "10.0.0.7";
  ledger.note(row);
  row.client = "b";
  ledger.note(row);
  EXPECT_EQ(ledger.since(0).size(), 5U);
}

TEST(RejectLedger, TellsWhatHasHappenedSince) {
  RejectLedger ledger;
  ledger.note(reject("old", 10));
  ledger.note(reject("new", 20));
  const auto rows = ledger.since(20);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].client, "new");
}

TEST(RejectLedger, IsBoundedAndForgetsWhoWasSilentLongest) {
  RejectLedger ledger;
  constexpr auto kMany = static_cast<std::int64_t>(2 * RejectLedger::kRowsMax);
  for (std::int64_t i = 0; i < kMany; ++i) {
    ledger.note(reject("steady", i));
    ledger.note(reject("c" + std::to_string(i), i));
  }
  const auto rows = ledger.since(0);
  EXPECT_EQ(rows.size(), RejectLedger::kRowsMax);
  const auto steady = std::find_if(rows.begin(), rows.end(), [](const auto& row) { return row.client == "steady"; });
  ASSERT_NE(steady, rows.end());
  EXPECT_EQ(steady->count, static_cast<std::uint64_t>(kMany));
}

}  // namespace
}  // namespace crawlspool::intake
