// A report as tests want it: two modes at two levels, one of them not measured.
#pragma once

#include "cli/bench/report.h"

namespace crawlspool::bench {

inline Run a_run(std::uint64_t records, double seconds, std::int64_t latency_us = 100) {
  Run run;
  run.load.records = records;
  run.load.record_bytes = records * 14;
  run.load.seconds = seconds;
  run.load.client_cpu_s = seconds / 2;
  run.load.latency.add(latency_us, records);
  run.server_cpu_s = seconds / 4;
  return run;
}

inline Report a_report() {
  Report report;
  report.server = "crawlspoold 1.2.3";
  report.records_name = R"({"aaa": "bbb"})";
  report.records_min = 1000;
  report.record_bytes_mean = 14;
  report.connections = 1;
  report.window_records = 8192;
  report.batch_records = 100;
  report.rounds = 1;
  report.machine = {2, "A processor", "Linux 6.1", "ext4", false};
  report.rows.push_back({Mode::kHttpClose, AckLevel::kSynced, {a_run(1000, 0.5)}, {}});
  report.rows.push_back({Mode::kPipelined, AckLevel::kSynced, {a_run(1'000'000, 1, 2500)}, {}});
  report.rows.push_back({Mode::kHttpClose, AckLevel::kWritten, {}, "its acks there mean synced"});
  report.rows.push_back({Mode::kPipelined, AckLevel::kWritten, {a_run(2'000'000, 1)}, {}});
  return report;
}

}  // namespace crawlspool::bench
