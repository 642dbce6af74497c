#include <gtest/gtest.h>

#include "cli/bench/renderings.h"
#include "tests/cli/bench/a_report.h"

namespace crawlspool::bench {
namespace {

TEST(Table, HasABlockALevelWithOneRowAMode) {
  EXPECT_EQ(render_table(a_report()),
            "At least 1,000 records of 14 bytes from {\"aaa\": \"bbb\"} over 1 connection, at most 8,192 unacked on "
            "each, batches of 100\n"
            "crawlspoold 1.2.3, the sender beside it on 2 processors (A processor), Linux 6.1, ext4\n"
            "\n"
            "acks mean synced             records/s    MB/s  ack p50      p99    p99.9  CPU us/rec  x HTTP\n"
            "HTTP, a connection a record      2,000  0.0280   100 us   100 us   100 us         125     1.0\n"
            "socket, pipelined            1,000,000    14.0  2.50 ms  2.50 ms  2.50 ms       0.250     500\n"
            "\n"
            "acks mean written            records/s    MB/s  ack p50      p99    p99.9  CPU us/rec  x HTTP\n"
            "HTTP, a connection a record          -       -        -        -        -           -       -\n"
            "socket, pipelined            2,000,000    28.0   100 us   100 us   100 us       0.125       -\n"
            "\n"
            "note: not measured: http-close written, as its acks there mean synced\n");
}

TEST(Table, SaysWhatElseWasMeasured) {
  Report report = a_report();
  report.redis = "redis-server 7.0.15";
  report.rounds = 5;
  report.connections = 16;
  report.record_bytes_mean = 250.4;
  const auto lines = settings_lines(report);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_NE(lines[0].find("16 connections"), std::string::npos);
  EXPECT_NE(lines[0].find("of 250 bytes"), std::string::npos);
  EXPECT_NE(lines[0].find("medians of 5 rounds"), std::string::npos);
  EXPECT_NE(lines[1].find("redis-server 7.0.15"), std::string::npos);
}

TEST(Table, EachRowHasACellAColumn) {
  const Report report = a_report();
  for (const Row& row : report.rows) EXPECT_EQ(table_cells(report, row).size(), table_columns().size());
}

}  // namespace
}  // namespace crawlspool::bench
