#include "cli/bench/report.h"

#include <gtest/gtest.h>

#include "tests/cli/bench/a_report.h"

namespace crawlspool::bench {
namespace {

TEST(Report, ARowIsItsMedianRound) {
  Row row;
  EXPECT_EQ(row.median(), nullptr);
  for (const std::uint64_t records : {500U, 100U, 300U}) row.runs.push_back(a_run(records, 1));
  EXPECT_EQ(row.median()->load.records, 300U);
  row.runs.push_back(a_run(400, 1));
  EXPECT_EQ(row.median()->load.records, 300U);
}

TEST(Report, RatesAndCostsAreARecord) {
  const auto run = a_run(1000, 0.5);
  EXPECT_DOUBLE_EQ(run.records_per_s(), 2000);
  EXPECT_DOUBLE_EQ(run.megabytes_per_s(), 0.028);
  EXPECT_DOUBLE_EQ(run.server_cpu_us_per_record().value(), 125);
  EXPECT_DOUBLE_EQ(run.client_busy_share(), 0.5);
}

TEST(Report, ARowIsComparedWithHttpAtItsOwnLevel) {
  const Report report = a_report();
  EXPECT_DOUBLE_EQ(report.times_http(report.rows[0]).value(), 1);
  EXPECT_DOUBLE_EQ(report.times_http(report.rows[1]).value(), 500);
  EXPECT_FALSE(report.times_http(report.rows[2]));
  EXPECT_FALSE(report.times_http(report.rows[3]));
}

TEST(Report, NotesSayWhatTheFiguresDoNot) {
  Report report = a_report();
  EXPECT_EQ(report.notes(),
            std::vector<std::string>{"not measured: http-close written, as its acks there mean synced"});
  report.rows.pop_back();
  report.rows.pop_back();
  EXPECT_TRUE(report.notes().empty());
  report.records_min = 1'000'001;
  report.rows[1].runs[0].load.client_cpu_s = 0.99;
  report.machine.syncs_to_memory = true;
  const auto notes = report.notes();
  ASSERT_EQ(notes.size(), 3U);
  EXPECT_EQ(notes[0],
            "ended with fewer records, as time was up: http-close synced (1,000), pipelined synced (1,000,000)");
  EXPECT_TRUE(notes[1].ends_with(": pipelined synced"));
}

}  // namespace
}  // namespace crawlspool::bench
