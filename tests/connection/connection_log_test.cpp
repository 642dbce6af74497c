#include "daemon/connection/connection_log.h"

#include <gtest/gtest.h>

#include "tests/support/manual_clock.h"

namespace crawlspool::connection {
namespace {

constexpr auto kBurst = static_cast<std::uint64_t>(base::kLifeRate.burst_lines);

class ConnectionLogTest : public ::testing::Test {
 protected:
  // Opens and closes so many at this moment; how many of each were told.
  std::pair<std::uint64_t, std::uint64_t> storm(int connections, std::string_view reason = "bye") {
    std::pair<std::uint64_t, std::uint64_t> told;
    for (int i = 0; i < connections; ++i) {
      told.first += log.admits_open() ? 1 : 0;
      told.second += log.admits_close(reason) ? 1 : 0;
    }
    return told;
  }

  test::ManualClock clock;
  ConnectionLog log{clock};
};

TEST_F(ConnectionLogTest, AnOrdinaryNumberIsAllTold) {
  EXPECT_EQ(storm(static_cast<int>(kBurst)), (std::pair{kBurst, kBurst}));
  const auto unlogged = log.take_unlogged();
  EXPECT_EQ(unlogged.opened + unlogged.closed, 0U);
}

TEST_F(ConnectionLogTest, WhatAStormDoesNotLogIsCountedByReason) {
  EXPECT_EQ(storm(1000, "reset"), (std::pair{kBurst, kBurst}));
  EXPECT_EQ(storm(50, "bye"), (std::pair<std::uint64_t, std::uint64_t>{}));
  const auto unlogged = log.take_unlogged();
  EXPECT_EQ(unlogged.opened, 1050 - kBurst);
  EXPECT_EQ(unlogged.closed, 1050 - kBurst);
  EXPECT_EQ(unlogged.reasons, (CloseCounts::ByReason{{"bye", 50}, {"reset", 1000 - kBurst}}));
  EXPECT_EQ(log.take_unlogged().opened, 0U);
}

TEST_F(ConnectionLogTest, ALongStormIsTwoOfEachASecond) {
  storm(1000);
  std::uint64_t told = 0;
  for (int second = 0; second < 60; ++second) {
    clock.advance_ms(1000);
    told += storm(100).first;
  }
  EXPECT_EQ(told, 120U);
}

}  // namespace
}  // namespace crawlspool::connection
