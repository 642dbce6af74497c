#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/bench/renderings.h"
#include "tests/cli/bench/a_report.h"

namespace crawlspool::bench {
namespace {

TEST(Json, HoldsEachRowWithItsUnits) {
  const auto json = nlohmann::json::parse(render_json(a_report()));
  ASSERT_EQ(json["rows"].size(), 4U);
  const auto& row = json["rows"][1];
  EXPECT_EQ(row["mode"], "pipelined");
  EXPECT_EQ(row["ack"], "synced");
  EXPECT_EQ(row["records"], 1'000'000);
  EXPECT_EQ(row["record_bytes"], 14'000'000);
  EXPECT_EQ(row["records_per_s"], 1e6);
  EXPECT_EQ(row["ack_p99_us"], 2500);
  EXPECT_EQ(row["server_cpu_us_per_record"], 0.25);
  EXPECT_EQ(row["times_http"], 500);
  EXPECT_EQ(row["rounds_records_per_s"], nlohmann::json({1e6}));
  EXPECT_EQ(json["machine"]["file_system"], "ext4");
}

TEST(Json, WhatIsNotKnownIsNullOrNotThere) {
  Report report = a_report();
  report.rows[3].runs[0].server_cpu_s.reset();
  const auto json = nlohmann::json::parse(render_json(report));
  EXPECT_EQ(json["rows"][2]["not_measured"], "its acks there mean synced");
  EXPECT_FALSE(json["rows"][2].contains("records_per_s"));
  EXPECT_TRUE(json["rows"][3]["server_cpu_us_per_record"].is_null());
  EXPECT_TRUE(json["rows"][3]["times_http"].is_null());
  EXPECT_FALSE(json.contains("redis"));
}

}  // namespace
}  // namespace crawlspool::bench
